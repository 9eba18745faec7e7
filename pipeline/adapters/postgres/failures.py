"""What a failure of PostgreSQL means: that it passes, that it is known what to do, or neither."""

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from pipeline.core.errors import LedgerNotUnderstood, StagegateError, TryAgain, UsageProblem

# The server goes away or comes back, is no longer the one to write to, or ended a session that stood still,
# perhaps while others waited for it.
_PASSING = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.IdleSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.TooManyConnections,
    errors.DeadlockDetected,
    errors.SerializationFailure,
)
# What a server says that takes no connection now. It has no code then that the library hands on.
_NOT_NOW = ("starting up", "shutting down", "not yet accepting", "recovery mode", "too many", "reserved for")


def passes(problem: BaseException) -> bool:
    """Whether the same is likely to succeed once the server answers again."""
    cause = _cause(problem)
    if isinstance(cause, _PASSING):
        return True
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) or cause.sqlstate is not None:
        return False
    return not _refused(cause)


def explained(problem: DBAPIError, where: str) -> StagegateError:
    """The failure as an error of ours, in the words of the server, which repeats no password."""
    cause = _cause(problem)
    why = first_line(problem)
    if passes(problem):
        return TryAgain("the ledger cannot be reached", where=where, why=why, next="try again")
    match cause:
        case errors.LockNotAvailable():
            return TryAgain("the ledger is busy", where=where, why=why, next="try again")
        case errors.UndefinedTable():
            what = "this database is not a ledger yet"
            return LedgerNotUnderstood(what, where=where, why=why, next="promote ledger migrate")
        case psycopg.OperationalError() if cause.sqlstate is None:
            return UsageProblem("the ledger lets nobody in", where=where, why=why, next=_ACCESS)
        case errors.InsufficientPrivilege():
            return UsageProblem("the ledger does not allow this", where=where, why=why, next=_ACCESS)
    return LedgerNotUnderstood("the ledger cannot be used", where=where, why=why)


_ACCESS = "docs/operate.md, 'A ledger for several machines'"


def first_line(problem: BaseException) -> str:
    """The first line of what was said; the others repeat it for each address of the host."""
    return (str(_cause(problem)).splitlines() or [type(problem).__name__])[0]


def _cause(problem: BaseException) -> BaseException:
    """SQLAlchemy's errors carry the driver's."""
    return problem.orig if isinstance(problem, DBAPIError) and problem.orig is not None else problem


def _refused(cause: psycopg.Error) -> bool:
    """Whether a server answered that it will not have this connection, now or later."""
    said = str(cause)
    return "FATAL:" in said and not any(words in said for words in _NOT_NOW)
