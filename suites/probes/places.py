"""The hosts of a cluster that its clients list: one is used until it fails, then the next."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zlib import crc32


@dataclass(slots=True)
class Places:
    """Addresses by host name. A failed request is not retried: only later ones go elsewhere."""

    addresses: Mapping[str, str]
    turn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> str:
        """Return the name of the host to use now."""
        with self.lock:
            return self._now()

    def leave(self, name: str) -> None:
        """Use the next host from now on; do nothing if another request has left this host already."""
        with self.lock:
            if self._now() == name:
                self.turn += 1

    @contextlib.contextmanager
    def leaving(self, name: str) -> Iterator[None]:
        """Leave a host if the block raises."""
        try:
            yield
        except Exception:
            self.leave(name)
            raise

    def _now(self) -> str:
        return list(self.addresses)[self.turn % len(self.addresses)]


def starting(addresses: Mapping[str, str], by: str, later: int = 0) -> Places:
    """Return places that start with a random host, the same for the same `by`, or `later` hosts after it."""
    return Places(addresses, crc32(by.encode()) % len(addresses) + later)
