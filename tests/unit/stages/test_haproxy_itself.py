"""What the configuration makes of HAProxy itself, on loopback: the loan of requests, its end, and writes."""

import http.client
import shutil
import socketserver
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from stage_sample import OPENSTACK, blueprint, with_planes

from stages.design.blueprint import Blueprint, Colour
from stages.roles.loadbalancer import counters, role, servers
from stages.roles.loadbalancer.counted import between

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here")
NETWORK, PORT = "127.93.7.0/24", 5000
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
class Answering:
    """Where requests are answered with the address that they reached; if `silent`, it hangs up instead."""

    silent: bool = False
    begun: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at(self, address: str) -> Iterator[None]:
        owner = self

        class Answer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline().decode():
                    while (header := self.rfile.readline()) not in {b"\r\n", b""}:
                        pass
                    del header
                    if "healthcheck" not in line:
                        owner.begun[line.split()[0]] += 1
                        if owner.silent:
                            return
                    length = str(len(address)).encode()
                    self.wfile.write(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n%b" % (length, address.encode())
                    )

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        with Server((address, PORT), Answer) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Running:
    """HAProxy with this stage's configuration, and the hosts of both colours behind it."""

    drawn: Blueprint
    hosts: Answering
    shares: str

    def asked(self, times: int, method: str = "GET") -> Counter[str]:
        """Who answered so many requests of a client that is of no colour, by colour or status."""
        names = {host.address: host.colour.value for host in self.drawn.reachable if host.colour}
        found: Counter[str] = Counter()
        for _ in range(times):
            connection = http.client.HTTPConnection(self.drawn.vip, PORT, timeout=10)
            connection.request(method, "/v3")
            answer = connection.getresponse()
            found[names.get(answer.read().decode(), str(answer.status))] += 1
            connection.close()
        return found


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    drawn, hosts = stage(), Answering()
    made = {file.path: file.content for file in role.manifest(drawn, drawn.host("loadbalancer-1")).files}
    shares, admin = tmp_path / "shares.map", tmp_path / "admin.sock"
    shares.write_text(made[role.SHARES])
    text = made[role.HAPROXY].replace(role.SHARES, str(shares)).replace("/run/haproxy/admin.sock", str(admin))
    lines = [line for line in text.splitlines() if not line.strip().startswith(OF_A_HOST)]
    config = tmp_path / "haproxy.cfg"
    config.write_text("\n".join(line for line in lines if line.strip() != "log global") + "\n")
    monkeypatch.setattr(servers, "SOCKET", str(admin))
    monkeypatch.setattr(counters, "SOCKET", str(admin))
    blue, green = (
        next(host for host in drawn.reachable if (host.role, host.colour) == ("identity", colour))
        for colour in Colour
    )
    with hosts.at(blue.address), hosts.at(green.address):
        program = subprocess.Popen(["haproxy", "-f", str(config)])
        try:
            while program.poll() is None and not admin.exists():
                time.sleep(0.02)
            yield Running(drawn, hosts, str(shares))
        finally:
            program.terminate()
            assert program.wait(10) in {0, 143, -15}, "it began, and ended when it was told to"


def test_what_is_lent_comes_back_by_itself(running: Running) -> None:
    assert running.asked(30) == {"blue": 30}
    servers.lend(running.shares, 2, 100, {"identity": 50})
    lent = running.asked(60)
    assert lent["blue"] > 10
    assert lent["green"] > 10
    time.sleep(3)  # it is lent until a whole second
    assert running.asked(30) == {"blue": 30}


def test_all_may_be_lent_and_is_taken_back_at_once(running: Running) -> None:
    before = counters.counters(counters.ask("show stat"))
    servers.lend(running.shares, 20, 100, {"identity": 100})
    assert running.asked(20) == {"green": 20}
    servers.take_back(running.shares)
    assert running.asked(30) == {"blue": 30}
    assert servers.entries(running.shares) == servers.declared(running.shares)
    after = counters.counters(counters.ask("show stat"))
    assert between(before, after, "identity-green").requests == 20
    assert between(before, after, "identity").requests == 30


def test_a_write_that_a_server_has_begun_is_begun_nowhere_again_and_a_question_is(running: Running) -> None:
    running.hosts.silent = True
    assert running.asked(1, "POST") == {"502": 1}
    assert running.hosts.begun["POST"] == 1
    running.asked(1, "GET")
    assert running.hosts.begun["GET"] == 1 + 3  # `retries`
