"""HAProxy itself, with a stage's configuration, on loopback; behind it are hosts of both colours."""

import http.client
import os
import socketserver
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from stage_sample import OPENSTACK, blueprint, with_planes

from stages.design.blueprint import POOL_TOLD, Blueprint, Colour
from stages.roles.loadbalancer import role

# Tests of several processes may run at once, each at addresses of its own.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
NETWORK, PORT = f"127.93.{WORKER}.0/24", 5000
# What only a host has: accounts, the socket of the journal, and a port that other hosts ask at.
OF_A_HOST = ("user haproxy", "group haproxy", "log /dev/log", "stats socket ipv4@", "server-state-file")


def stage() -> Blueprint:
    """An upgrade of a small stage, before the cut over, at addresses of this machine's loopback."""
    drawn = replace(blueprint("dev"), network=NETWORK)
    both = with_planes(drawn, {Colour.BLUE: OPENSTACK, Colour.GREEN: "2026.2"})
    (beside,) = [one for one in both.planes if one.colour is Colour.BLUE]
    planes = tuple(one for one in both.planes if one is not beside)
    return replace(both, colour=Colour.GREEN, planes=planes, beside=beside, served={"identity": Colour.BLUE})


@dataclass
class Host:
    """Answers requests with its colour; if it `hangs_up`, it begins each and does not answer.

    If it is `ill`, only its health check fails.
    """

    colour: Colour
    status: int = 200
    takes: float = 0.0  # seconds
    hangs_up: bool = False
    ill: bool = False
    begun: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at(self, address: str) -> Iterator[None]:
        """It answers at this address meanwhile."""
        owner = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version, wbufsize = "HTTP/1.1", -1  # an answer in one packet

            def do_GET(self) -> None:
                checked = "healthcheck" in self.path
                if not checked:
                    owner.begun[self.command] += 1
                    time.sleep(owner.takes)
                    if owner.hangs_up:
                        self.close_connection = True
                        return
                healthy = 503 if owner.ill else 200
                self.send_response(healthy if checked else owner.status)
                self.send_header("Content-Length", str(len(owner.colour.value)))
                self.end_headers()
                self.wfile.write(owner.colour.value.encode())

            do_POST = do_GET  # noqa: N815 - the name that it is looked up by

            def log_message(self, *_: object) -> None:
                pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

            def handle_error(self, *_: object) -> None:
                """A check of HAProxy resets its connection."""

        with Server((address, PORT), Answer) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@dataclass(frozen=True)
class Running:
    """HAProxy with the configuration of a stage, and one host of each colour behind it."""

    drawn: Blueprint
    blue: Host
    green: Host
    shares: str  # the path of its map
    admin: str  # the path of its socket

    def asked(self, times: int, method: str = "GET", source: str = "") -> Counter[str]:
        """Who answered so many requests from this address, else of a client; a status where HAProxy did."""
        found: Counter[str] = Counter()
        for _ in range(times):
            text, status, _told = self.answer(method, source)
            found[text if text in {"blue", "green"} else str(status)] += 1
        return found

    def answer(self, method: str = "GET", source: str = "") -> tuple[str, int, str | None]:
        """The text and the status of one answer, and the pool that it says it is from."""
        at = (source, 0) if source else None
        connection = http.client.HTTPConnection(self.drawn.vip, PORT, timeout=10, source_address=at)
        connection.request(method, "/v3")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return text, answer.status, answer.getheader(POOL_TOLD)

    def host(self, colour: Colour) -> str:
        """The address of a host of this colour."""
        return next(one.address for one in self.drawn.reachable if one.colour is colour)

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """A client asks all the time meanwhile."""
        over = threading.Event()

        def ask() -> None:
            while not over.wait(0.005):
                self.asked(1)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """It runs meanwhile; its files are in this folder."""
    drawn, blue, green = stage(), Host(Colour.BLUE), Host(Colour.GREEN)
    shares, admin, config = folder / "shares.map", folder / "admin.sock", folder / "haproxy.cfg"
    made = {file.path: file.content for file in role.manifest(drawn, drawn.host("loadbalancer-1")).files}
    shares.write_text(made[role.SHARES])
    text = made[role.HAPROXY].replace(role.SHARES, str(shares)).replace("/run/haproxy/admin.sock", str(admin))
    lines = [line for line in text.splitlines() if not line.strip().startswith(OF_A_HOST)]
    config.write_text("\n".join(line for line in lines if line.strip() != "log global") + "\n")
    at = {host.colour: host.address for host in drawn.reachable if host.role == "identity"}
    with blue.at(at[Colour.BLUE]), green.at(at[Colour.GREEN]):
        program = subprocess.Popen(["haproxy", "-f", str(config)])
        try:
            while program.poll() is None and not admin.exists():
                time.sleep(0.02)
            yield Running(drawn, blue, green, str(shares), str(admin))
        finally:
            program.terminate()
            program.wait(10)
