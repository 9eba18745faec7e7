"""What a forge has not been told yet: a function of the history alone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.events import Delivered
from pipeline.core.forge_rule import NOTHING_TAKEN
from pipeline.core.history import History
from pipeline.core.messages import CommitStatus, Deployment, Message, Note
from pipeline.core.outbox import Outbox, attempt_of, key_of
from pipeline.core.release import digest_of
from pipeline.core.telling import Tale, messages


@dataclass(frozen=True, slots=True)
class Due:
    """A message that waits. `version` is the digest of its content."""

    key: str
    version: str
    message: Message

    @property
    def kind(self) -> str:
        """What kind of thing it is, such as "note"."""
        return self.key.partition("/")[0]

    @property
    def attempt(self) -> str:
        """The attempt that it is about."""
        return self.key.partition("/")[2]

    @property
    def subject(self) -> str:
        """What it is about. Messages about one thing are told in their order, or the older would win."""
        match self.message:
            case CommitStatus(commit=commit, name=name):
                return f"{name} of {commit}"
            case Deployment(environment=environment):
                return f"deployments into {environment}"
            case Note(mark=mark):
                return mark
            case _:
                return self.key


def due(history: History) -> Sequence[Due]:
    """All that waits to be told, oldest first; nothing while nobody is told."""
    outbox = history.outbox
    if outbox is None:
        return ()
    return tuple(one for attempt in _attempts(history, outbox) for one in _due(history, outbox, attempt))


def delivered(history: History, told: Due, remote: str) -> Delivered:
    """The event that records a delivery, with the cursor after it."""
    environment = told.message.environment if isinstance(told.message, Deployment) else ""
    return Delivered(told.key, told.version, remote, environment, _cursor_after(history, told))


def _due(history: History, outbox: Outbox, attempt: Attempt) -> Iterator[Due]:
    """What of one attempt waits."""
    for kind, message in messages(_tale(history, outbox, attempt)):
        key, version = key_of(kind, attempt.id), digest_of(plain(message))
        late = isinstance(message, Deployment) and _overtaken(history, outbox, attempt)
        if outbox.known(key).version != version and not late:
            yield Due(key, version, message)


def _overtaken(history: History, outbox: Outbox, attempt: Attempt) -> bool:
    """Whether a later deployment is there and this one is not: made now, it would pass for the newest."""
    if key_of("deployment", attempt.id) in outbox.sent:
        return False
    there = (key.partition("/")[2] for key in outbox.sent if key.startswith("deployment/"))
    later = (name for name in there if attempt_of(name) > attempt_of(attempt.id))
    return any(history.attempts[name].stage == attempt.stage for name in later)


def _cursor_after(history: History, told: Due) -> int:
    """The number of the first attempt that is open, or of which something else than `told` waits.

    That includes a newer content of the same thing, if the attempt went on while it was told.
    """
    outbox = history.outbox
    if outbox is None:
        return 1
    for number, attempt in enumerate(_attempts(history, outbox), outbox.cursor):
        waits = any(
            (one.key, one.version) != (told.key, told.version) for one in _due(history, outbox, attempt)
        )
        if attempt.outcome is None or waits:
            return number
    return len(history.attempts) + 1


def _attempts(history: History, outbox: Outbox) -> Iterator[Attempt]:
    """Those from the cursor on."""
    for number in range(outbox.cursor, len(history.attempts) + 1):
        yield history.attempts[f"p{number}"]


def _proofs(history: History, attempt: Attempt) -> Iterator[str]:
    """The attempts that let this one in, those that let them in, and so on, the first ones first."""
    for name in attempt.proofs:
        yield from _proofs(history, history.attempts[name])
        yield name


def _tale(history: History, outbox: Outbox, attempt: Attempt) -> Tale:
    release = history.releases[attempt.release]
    proofs = tuple(history.attempts[name] for name in dict.fromkeys(_proofs(history, attempt)))
    line = history.line_for(release)
    last, rules = line.names()[-1:] == (attempt.stage,), line.stage(attempt.stage)
    taken = rules.forge if rules is not None else NOTHING_TAKEN
    return Tale(attempt, release, outbox.mark, proofs, last, taken.deployments)
