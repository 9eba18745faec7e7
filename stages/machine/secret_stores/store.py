"""What any store of secrets promises."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Unread:
    """Why there is no value. It never has a value in it, nor a token or an identity.

    `next` is the next command, empty if there is no better one than to look at the place. `transient` is
    whether the same reading is likely to succeed later.
    """

    why: str
    next: str = ""
    transient: bool = False


class SecretStore(Protocol):
    """A kind of place that holds values.

    What goes wrong is returned and not raised, so that no traceback shows what a store has answered.
    """

    def read(self, place: str) -> str | Unread:
        """Return the value at a place, as a reference has it after its word; never an empty one."""
