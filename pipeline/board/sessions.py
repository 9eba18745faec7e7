"""Who is logged in, and who has just begun to log in: in the server's memory, each for a short time.

A cookie holds a random key to what is here, and nothing else. So whatever a browser sends, only what this
server gave out counts, and a restart logs everybody out.
"""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.core.actor import Actor

SESSION_S = 1800.0  # from the login on, whatever is done: who is blocked in GitLab acts no longer than this
LOGIN_S = 600.0  # in which GitLab's own page must be answered
MOST = 1000  # of each; anybody may begin to log in
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in: by the GitLab at this URL. `form` is the token of each of their forms."""

    person: Actor
    issuer: str
    form: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that was begun: what GitLab must send back, and the page to show then.

    `verifier` proves to GitLab that who asked for a code uses it; `issuer` is the URL of the GitLab.
    """

    state: str
    verifier: str
    issuer: str
    page: str

    @property
    def challenge(self) -> str:
        """What GitLab is shown of the verifier before it gets it (PKCE, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fresh() -> str:
    """A text that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


class Remembered(Generic[T]):
    """Values by a random key, each for so many seconds; of too many the oldest go. Any thread may call."""

    def __init__(self, clock: Callable[[], float], lasts_s: float, most: int = MOST) -> None:
        self._clock, self._lasts_s, self._most = clock, lasts_s, most
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, T]] = {}

    def keep(self, value: T) -> str:
        """Keep a value; its key."""
        key = fresh()
        with self._lock:
            self._kept[key] = (self._clock() + self._lasts_s, value)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return key

    def find(self, key: str) -> T | None:
        """The value of this key; None if there is none, or not any more."""
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
            return value if self._clock() < until else None

    def take(self, key: str) -> T | None:
        """The same, and forget it: the next one who asks gets nothing."""
        value = self.find(key)
        with self._lock:
            return value if self._kept.pop(key, None) is not None else None
