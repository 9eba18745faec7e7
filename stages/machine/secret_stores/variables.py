"""Secrets in variables of this process's environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stages.machine.secret_stores.store import Unread


@dataclass(frozen=True, slots=True)
class Variables:
    """A place is the name of a variable."""

    environment: Mapping[str, str] = field(repr=False)

    def read(self, place: str) -> str | Unread:
        """Return the variable's value as it is."""
        return self.environment.get(place, "") or Unread("the variable is not set, or empty")
