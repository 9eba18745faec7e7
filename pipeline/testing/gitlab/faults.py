"""What can go wrong between a client and a GitLab."""

from enum import Enum
from typing import Self


class Fault(Enum):
    """What happens to one request. `heard` is whether it takes effect all the same."""

    heard: bool

    def __new__(cls, name: str, heard: bool) -> Self:  # noqa: FBT001 - of a member's values
        """A member is its name."""
        member = object.__new__(cls)
        member._value_ = name
        member.heard = heard
        return member

    ERROR = "answered 500", False
    BAD_GATEWAY = "answered 502 after it took effect", True
    TOO_MANY = "answered 429, with Retry-After", False
    UNHEARD = "dropped before it was read", False
    DROPPED = "dropped after it took effect", True
    LOST = "answered by nothing, for longer than anybody waits", True
    SLOW = "answered a byte at a time", True
    CUT = "answered by half", True
    TWICE = "answered twice on one connection", True
    NONSENSE = "answered by a page for people", True
