"""What a forge, such as GitLab, is told of an attempt: values without anything of its API."""

from dataclasses import dataclass
from enum import Enum


class Progress(Enum):
    """How far something is, in the words that forges share."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """How a commit fares in a stage. Each attempt has one of its own; `description` begins with its `mark`.

    `url` is a page about it, `ref` and `pipeline` where it belongs; all three may be empty.
    """

    mark: str
    commit: str
    name: str
    progress: Progress
    description: str
    url: str = ""
    ref: str = ""
    pipeline: int = 0


@dataclass(frozen=True, slots=True)
class Deployment:
    """That a commit is, or was to be, deployed into an environment. `ref` is its branch or tag, if known.

    `since` is when it began, in whole seconds since 1970.
    """

    commit: str
    environment: str
    progress: Progress
    since: int
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment on a merge request. The forge has one with this `mark` at most.

    It is on the merge request with the number `request`; 0: on the one that brought the commit.
    """

    mark: str
    commit: str
    body: str
    request: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """That something wants a person. The forge has one with this `mark`, and people may have closed it.

    It is about what began at `since`, in whole seconds since 1970.
    """

    mark: str
    title: str
    body: str
    since: int


@dataclass(frozen=True, slots=True)
class Link:
    """A named page."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """That a release has passed the last stage: its tag, and links to the evidence of each stage."""

    tag: str
    commit: str
    name: str
    body: str
    links: tuple[Link, ...] = ()


Message = CommitStatus | Deployment | Note | Issue | ReleasePage
