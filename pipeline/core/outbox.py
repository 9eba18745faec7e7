"""The outbox: what a forge, such as GitLab, has been told of a site. Folded from the ledger. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.errors import IllegalTransition
from pipeline.core.site_events import Delivered, OutboxOpened


@dataclass(frozen=True, slots=True)
class Sent:
    """What of one thing was delivered: the digest of its content, and its id at the forge."""

    version: str
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Whom to tell, and what was told.

    `url` and `project` are where the forge is, and `mark` is unique among the sites that tell it anything.
    `cursor` is the number of the first attempt of which something may have to be told. `sent` is by key, of
    attempts from there on. `deployments` are the last ids of those that were made, by environment.
    """

    url: str
    project: str
    mark: str
    cursor: int = 1
    sent: Mapping[str, Sent] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)

    def known(self, key: str) -> Sent:
        """What of this was delivered last; an empty version if nothing was."""
        return self.sent.get(key, Sent(""))


def posted(before: Outbox | None, event: OutboxOpened | Delivered, attempts: int) -> Outbox:
    """The outbox after one more event, in a site with so many attempts.

    Raises IllegalTransition for a delivery where nobody is told.
    """
    if isinstance(event, OutboxOpened):
        same = before is not None and (before.url, before.project) == (event.url, event.project)
        deployments = before.deployments if before is not None and same else {}
        return Outbox(event.url, event.project, event.mark, attempts + 1, deployments=deployments)
    if before is None:
        raise IllegalTransition(f"{event.key} was delivered before there was anybody to tell")
    sent = {**before.sent, event.key: Sent(event.version, event.remote)}
    cursor = max(before.cursor, event.cursor)
    known = {event.environment: event.remote} if event.environment else {}
    return replace(
        before,
        cursor=cursor,
        sent={key: one for key, one in sent.items() if attempt_of(key) >= cursor},
        deployments={**before.deployments, **known},
    )


def key_of(kind: str, attempt: str) -> str:
    """The name of a thing to tell: `note/p7`."""
    return f"{kind}/{attempt}"


def attempt_of(key: str) -> int:
    """The number of the attempt that a key is about, or has as its name.

    Raises IllegalTransition if it is about none.
    """
    number = key.rpartition("/")[2].removeprefix("p")
    if not number.isdecimal():
        raise IllegalTransition(f"{key!r} is about no attempt")
    return int(number)
