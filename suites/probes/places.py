"""The places of a cluster that its clients list: one is used until it fails, then the next."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zlib import crc32


@dataclass(slots=True)
class Places:
    """Addresses by host name. A request that fails is not tried again: only those after it go elsewhere."""

    addresses: Mapping[str, str]
    turn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> str:
        """Return the name of the host that is asked now."""
        with self.lock:
            return self._now()

    def leave(self, name: str) -> None:
        """Ask the next one from now on. Who failed after the others had left already moves nobody."""
        with self.lock:
            if self._now() == name:
                self.turn += 1

    @contextlib.contextmanager
    def leaving(self, name: str) -> Iterator[None]:
        """Leave a host when what is done in the block fails."""
        try:
            yield
        except Exception:
            self.leave(name)
            raise

    def _now(self) -> str:
        return list(self.addresses)[self.turn % len(self.addresses)]


def starting(addresses: Mapping[str, str], by: str, later: int = 0) -> Places:
    """Return places whose first turn chance has chosen, the same for the same `by`; or so many `later`."""
    return Places(addresses, crc32(by.encode()) % len(addresses) + later)
