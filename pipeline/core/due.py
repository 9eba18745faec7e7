"""What a forge has not been told yet: a function of the history alone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.events import Delivered
from pipeline.core.history import History
from pipeline.core.messages import CommitStatus, Deployment, Message, Note
from pipeline.core.outbox import Outbox, Sent, key_of
from pipeline.core.release import digest_of
from pipeline.core.telling import Tale, messages


@dataclass(frozen=True, slots=True)
class Due:
    """A message that waits. `version` is the digest of its content.

    `known` is its id at the forge, if an earlier version was delivered. `newest` is the id of the last
    deployment that this site made in its environment, if it is one.
    """

    key: str
    version: str
    message: Message
    known: str = ""
    newest: str = ""

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
    found = []
    for attempt in _attempts(history, outbox):
        for kind, message in messages(_tale(history, outbox, attempt)):
            key, version = key_of(kind, attempt.id), digest_of(plain(message))
            sent = outbox.sent.get(key, Sent(""))
            if sent.version != version:
                newest = outbox.deployments.get(attempt.stage, "") if kind == "deployment" else ""
                found.append(Due(key, version, message, sent.remote, newest))
    return tuple(found)


def delivered(history: History, told: Due, remote: str) -> Delivered:
    """The event that records a delivery, with the cursor after it."""
    environment = told.message.environment if isinstance(told.message, Deployment) else ""
    waiting = {one.key for one in due(history)} - {told.key}
    return Delivered(told.key, told.version, remote, environment, _cursor(history, waiting))


def _cursor(history: History, waiting: set[str]) -> int:
    """The number of the first attempt that is open, or of which one of these is still waiting."""
    outbox = history.outbox
    if outbox is None:
        return 1
    for number, attempt in enumerate(_attempts(history, outbox), outbox.cursor):
        if attempt.outcome is None or any(key.endswith(f"/{attempt.id}") for key in waiting):
            return number
    return len(history.attempts) + 1


def _attempts(history: History, outbox: Outbox) -> Sequence[Attempt]:
    names = (f"p{number}" for number in range(outbox.cursor, len(history.attempts) + 1))
    return tuple(history.attempts[name] for name in names)


def _proofs(history: History, attempt: Attempt) -> Iterator[str]:
    """The attempts that let this one in, those that let them in, and so on, the first ones first."""
    for name in attempt.proofs:
        yield from _proofs(history, history.attempts[name])
        yield name


def _tale(history: History, outbox: Outbox, attempt: Attempt) -> Tale:
    release = history.releases[attempt.release]
    proofs = tuple(history.attempts[name] for name in dict.fromkeys(_proofs(history, attempt)))
    last = history.line_for(release).names()[-1:] == (attempt.stage,)
    return Tale(attempt, release, outbox.mark, proofs, last)
