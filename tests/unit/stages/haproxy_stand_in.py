"""A HAProxy that answers at a runtime socket, and does to its servers and its map what it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HEAD = "# pxname,svname,type,status,scur,\n"
ONE, OTHER = "identity/identity-blue-1", "identity/identity-blue-2"
MAP = "/etc/haproxy/green-shares.map"


class Haproxy(socketserver.ThreadingUnixStreamServer):
    """Answers `show stat`, and does to its servers what it is told. One request ends at each look."""

    def __init__(self, place: Path) -> None:
        super().__init__(str(place), Answer)
        self.status = {ONE: "UP", OTHER: "UP 1/2"}
        self.sessions = {ONE: 0, OTHER: 0}
        self.shares: dict[str, str] = {}
        self.told: list[str] = []

    def answer(self, command: str) -> str:
        if command == "show stat":
            rows = [
                f"{name.replace('/', ',')},2,{self.status[name]},{self.sessions[name]},\n"
                for name in self.status
            ]
            self.sessions = {name: max(0, count - 1) for name, count in self.sessions.items()}
            return HEAD + "identity,FRONTEND,0,OPEN,7,\n" + "".join(rows)
        if command.startswith("show map "):
            if not self.shares:
                return "Unknown map identifier. Please use #<id> or <file>.\n"
            return "".join(f"0x55 {service} {share}\n" for service, share in self.shares.items()) + "\n"
        self.told.append(command)
        match command.split():
            case ["set", "server", name, "state", state]:
                self.status[name] = {"drain": "DRAIN", "maint": "MAINT", "ready": "UP"}[state]
            case ["set" | "add", "map", _, service, share]:
                self.shares[service] = share
            case ["del", "map", _, name]:
                del self.shares[name]
        return "\n"


class Answer(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Haproxy)
        self.wfile.write(self.server.answer(self.rfile.readline().decode().strip()).encode())


@contextmanager
def running(place: Path) -> Iterator[Haproxy]:
    """One that answers at a socket of this path."""
    with Haproxy(place) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
