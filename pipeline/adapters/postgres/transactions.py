"""Transactions on a shared ledger: one writer at a time, and a server that goes away for a while.

What fails in passing is tried again. That is safe because nothing but the end of a transaction can be in
doubt, and the server is asked then how it ended.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from pipeline.adapters.postgres.address import Address
from pipeline.adapters.postgres.failures import explained, first_line, passes
from pipeline.adapters.postgres.schema import require_current
from pipeline.core.errors import TryAgain
from pipeline.core.retries import Retry

T = TypeVar("T")
OUTAGE_S = 30.0  # how long a server may be away, as a writer of the embedded ledger waits for others
_LONGEST_PAUSE_S = 2.0
# Whoever may write holds this lock until the transaction ends: it needs no right on a table, and PgBouncer
# can be in between. The number is the SQLite ledger's application id, which nobody else locks.
_LOCK = 0x53474C31
# Whoever stands still while it holds the lock, as on a machine that is suspended or cut off, must let the
# others go on, and itself when it comes back.
_BEGIN = text(
    """SELECT set_config('lock_timeout', :within, true),
    set_config('idle_in_transaction_session_timeout', '10s', true),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)"""
)
_TAKE_LOCK = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=_LOCK)
_TRANSACTION = text("SELECT CAST(pg_current_xact_id() AS text)")
_HOW_IT_ENDED = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")


class Transactions:
    """Transactions on the server at this address, from any thread.

    `say` tells of each try that failed in passing.
    """

    def __init__(self, address: Address, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.where = address.shown
        # All that were not recorded yet.
        self._retries: tuple[Retry, ...] = ()
        self._counting = Lock()
        self._say = say
        self._engine = create_engine(
            "postgresql+psycopg://",
            # A prepared statement belongs to a session, and PgBouncer gives each transaction another one.
            connect_args={**address.connection(environment), "prepare_threshold": None},
            isolation_level="READ COMMITTED",  # after the lock, each statement sees what was appended before
            hide_parameters=True,
            use_native_hstore=False,  # it would be looked up on each connection
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def take_retries(self) -> tuple[Retry, ...]:
        """The tries that failed in passing and were not taken yet: whoever takes them records them."""
        with self._counting:
            found, self._retries = self._retries, ()
        return found

    def leave_retries(self, found: tuple[Retry, ...]) -> None:
        """Leave to others what was taken, or has just failed."""
        with self._counting:
            self._retries = (*self._retries, *found)

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads. It may be called again.

        Raises TryAgain when the server is away too long, LedgerNotUnderstood for another schema, or what
        cannot be used, UsageProblem when it lets nobody in.
        """

        def once() -> T:
            with self._engine.connect() as connection:
                require_current(connection, self.where)
                return work(connection)

        return self._tried("reading", once, OUTAGE_S)

    def write(self, work: Callable[[Connection], T], within_s: float = OUTAGE_S) -> T:
        """Commit what `work` does, alone, and return what it returns. It may be called again.

        Raises as `read`, and TryAgain when others write for too long.
        """

        def once() -> T:
            with self.alone(within_s) as connection:
                require_current(connection, self.where)
                done = work(connection)
                transaction = connection.scalar(_TRANSACTION)
                try:
                    connection.commit()
                except DBAPIError as problem:
                    if not passes(problem) or not self._was_committed(transaction, within_s):
                        raise
                return done

        return self._tried("writing", once, within_s)

    @contextmanager
    def alone(self, within_s: float = OUTAGE_S) -> Iterator[Connection]:
        """A transaction while which nobody else writes. It is not committed, and not tried again."""
        with self._engine.connect() as connection:
            connection.execute(_BEGIN, {"within": f"{within_s:.0f}s"})
            connection.execute(_TAKE_LOCK)
            yield connection

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turn the failures of PostgreSQL into errors of ours."""
        try:
            yield
        except DBAPIError as problem:
            raise explained(problem, self.where) from problem

    def _was_committed(self, transaction: str | None, within_s: float) -> bool:
        """Whether this transaction was, of whose commit no answer came. Raises TryAgain if nobody knows."""

        def asked() -> str | None:
            with self._engine.connect() as connection:
                found: str | None = connection.scalar(_HOW_IT_ENDED, {"transaction": transaction})
            if found == "in progress":
                raise _StillCommitting("the transaction has not ended yet")
            return found

        ended = self._tried("asking how a commit ended", asked, within_s)
        if ended is None:
            raise TryAgain("it is not known whether the ledger kept what was written", next="promote status")
        return ended == "committed"

    def _tried(self, what: str, once: Callable[[], T], within_s: float) -> T:
        def again(state: RetryCallState) -> None:
            problem = state.outcome.exception() if state.outcome else None
            reason = first_line(problem) if problem else ""
            if state.attempt_number == 1:  # once for each outage, however long it is
                self._say(f"the ledger cannot be reached, and is tried again: {reason}")
            self.leave_retries((Retry(f"the ledger, {what}", state.attempt_number, reason),))

        trying = Retrying(
            retry=retry_if_exception(
                lambda problem: passes(problem) or isinstance(problem, _StillCommitting)
            ),
            stop=stop_after_delay(within_s),
            wait=wait_random_exponential(multiplier=0.1, max=_LONGEST_PAUSE_S),
            before_sleep=again,
            reraise=True,
        )
        try:
            with self.explaining():
                return trying(once)
        except _StillCommitting as problem:
            raise TryAgain(
                "the ledger is busy", where=self.where, why=str(problem), next="try again"
            ) from problem


class _StillCommitting(Exception):
    """The server has not ended a transaction yet."""
