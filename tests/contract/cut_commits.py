"""A network between a ledger and its server that fails at the worst moment: around a commit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
_PIECE = 65536
_COMMIT = b"COMMIT\0"  # as a statement; transactions begin with the words READ COMMITTED


class Cut(Enum):
    """When the connection is lost: the server never hears of the commit, or nobody hears its answer."""

    BEFORE = "before the commit arrives"
    AFTER = "after the commit"


class Network:
    """Connections to the server whose socket is in `server`; the next `cuts` commits are lost as they say."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.cuts: list[Cut] = []
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End all connections, and take none any more."""
        for one in self._open:
            with suppress(OSError):  # it has ended
                one.shutdown(socket.SHUT_RDWR)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(str(self._server / _SOCKET))
            answers = threading.Thread(target=_copy, args=(server, client), daemon=True)
            answers.start()
            while piece := client.recv(_PIECE):
                cut = self.cuts.pop(0) if _COMMIT in piece and self.cuts else None
                if cut is Cut.AFTER:
                    client.shutdown(socket.SHUT_RDWR)
                    client.close()
                    server.sendall(piece)
                if cut is not None:
                    server.shutdown(socket.SHUT_RDWR if cut is Cut.BEFORE else socket.SHUT_WR)
                    return
                server.sendall(piece)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)


@contextmanager
def failing_network(folder: Path, server: Path) -> Iterator[Network]:
    """A network whose socket is in `folder`."""
    network = Network(folder, server)
    try:
        yield network
    finally:
        network.close()
