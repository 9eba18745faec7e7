"""What has happened last, as sentences. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.cli.render import moment
from pipeline.cli.sentences import Told, sentence
from pipeline.core import events as ev
from pipeline.core.history import History

LATEST = 200  # events
_SHOWN = 12
# A plan has dozens of steps; that they begin and succeed is on the attempt's own page.
_TOO_MANY = (ev.StepStarted, ev.StepSucceeded)


@dataclass(frozen=True, slots=True)
class News:
    """One sentence: the number of its event, when (RFC 3339), and where, if that is one attempt's stage."""

    seq: int
    at: str
    stage: str
    attempt: str
    text: str


def news(records: Iterable[ev.Record], history: History) -> Sequence[News]:
    """The latest that is worth telling, newest first. `history` is the state after all of them."""
    found = [one for record in records if (one := _told(record, history)) is not None]
    return found[: -_SHOWN - 1 : -1]


def _told(record: ev.Record, history: History) -> News | None:
    event = record.event
    if isinstance(event, _TOO_MANY):
        return None
    name = event.attempt if isinstance(event, ev.AttemptEvent | ev.AttemptStarted) else ""
    attempt = history.attempts.get(name)
    told = Told() if attempt is None else Told.of(attempt.kind, attempt.plan, attempt.done)
    text = sentence(event, told)
    if text is None:
        return None
    at, stage = moment(record.at) or "", attempt.stage if attempt else ""
    return News(record.seq, at, stage, name, text.removeprefix(f"{name}: ") if name else text)
