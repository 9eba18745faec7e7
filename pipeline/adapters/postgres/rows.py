"""The table of events: read as it is stored, and appended to."""

from collections.abc import Sequence

from sqlalchemy import Connection, Double, cast, func, insert, select

from pipeline.adapters.postgres.tables import EVENTS
from pipeline.core import chain
from pipeline.core import events as ev
from pipeline.core.chain import Head
from pipeline.core.rows import Row

_AT_ONCE = 1000  # rows of one statement


def moment(connection: Connection) -> float:
    """The time now by the clock of the database, in seconds since 1970: the one that all machines share."""
    found: float = connection.scalars(
        select(cast(func.extract("epoch", func.clock_timestamp()), Double))
    ).one()
    return found


def stored(connection: Connection, after: int = 0, most: int | None = None) -> tuple[Row, ...]:
    """Every row numbered above `after`, in order, or the first `most`, damaged ones included."""
    query = select(EVENTS.c.seq, EVENTS.c.at, EVENTS.c.event, EVENTS.c.digest)
    found = connection.execute(query.where(EVENTS.c.seq > after).order_by(EVENTS.c.seq).limit(most))
    return tuple(Row(seq, at, event, digest) for seq, at, event, digest in found)


def head(connection: Connection) -> Head:
    """The last row, with its stored digest."""
    last = connection.execute(select(EVENTS.c.seq, EVENTS.c.digest).order_by(EVENTS.c.seq.desc()).limit(1))
    found = last.one_or_none()
    return Head() if found is None else Head(found.seq, found.digest)


def add(connection: Connection, events: Sequence[ev.Event], at: float) -> tuple[ev.Record, ...]:
    """Append events, in the caller's transaction, which keeps others from appending."""
    found = chain.append(head(connection), at, events)
    keep(connection, found)
    return tuple(ev.Record(row.seq, row.at, event) for row, event in zip(found, events, strict=True))


def keep(connection: Connection, found: Sequence[Row]) -> None:
    """Append rows as they are."""
    for first in range(0, len(found), _AT_ONCE):
        part = found[first : first + _AT_ONCE]
        connection.execute(
            insert(EVENTS),
            [{"seq": row.seq, "at": row.at, "event": row.event, "digest": row.digest} for row in part],
        )
