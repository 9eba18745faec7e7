"""Secrets in files of this machine, as text."""

from dataclasses import dataclass
from pathlib import Path

from stages.machine.secret_stores.store import Unread


@dataclass(frozen=True, slots=True)
class Files:
    """A place is an absolute path."""

    def read(self, place: str) -> str | Unread:
        """Return the file's text without its trailing newlines."""
        try:
            text = Path(place).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            return Unread(f"it can't be read: {error.strerror}")
        return text.rstrip("\n") or Unread("it is empty")
