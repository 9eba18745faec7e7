"""The open loop: what is due is sent, whatever became of what was sent before; and nothing is tried again."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from storied import Clock

from suites.probes.loop import RefusedError, Requester, run
from suites.probes.spec import Kind, Probe
from suites.probes.trace import ANSWERED, Connection, Request, RequestOutcome

LIMIT = 10.0


@dataclass
class Connected:
    """A connection that does as it is told, and counts."""

    act: Callable[[str], str | None]
    asked: list[str] = field(default_factory=list)
    closed: bool = False

    def ask(self, key: str) -> str | None:
        self.asked.append(key)
        return self.act(key)

    def close(self) -> None:
        self.closed = True


@dataclass
class Server:
    """Makes connections, and remembers them and what was recorded."""

    act: Callable[[str], str | None] = lambda _key: "database-1"
    connections: list[Connected] = field(default_factory=list)
    records: list[Request] = field(default_factory=list)

    def connect(self) -> Connected:
        self.connections.append(Connected(self.act))
        return self.connections[-1]

    def requester(self, connection: Connection, clock: Callable[[], float] = lambda: 0.0) -> Requester:
        return Requester(Probe(Kind.SQL, connection, 20.0), self.connect, self.records.append, clock)


def test_a_stuck_request_does_not_keep_the_next_ones_from_being_sent() -> None:
    let_go = threading.Event()
    waiting = threading.Semaphore(0)

    def hang(_key: str) -> str | None:
        waiting.release()
        assert let_go.wait(LIMIT)
        return None

    server, clock = Server(hang), Clock(0.0, until=1.0)
    probing = threading.Thread(target=run, args=((server.requester("new"),), "p", clock.wait, clock))
    probing.start()
    assert all(waiting.acquire(timeout=LIMIT) for _ in range(20)), "all of a second wait at once"
    let_go.set()
    probing.join(LIMIT)
    assert len(server.records) == 20


def test_requests_are_due_at_an_even_pace_and_have_keys_of_their_own() -> None:
    server, clock = Server(), Clock(0.0, until=2.0)
    run((server.requester("new"),), "p", clock.wait, clock)
    due = sorted(record.due for record in server.records)
    assert [round(b - a, 9) for a, b in pairwise(due)] == [0.05] * (len(due) - 1)
    keys = {record.key for record in server.records}
    assert len(keys) == len(server.records) == 40
    assert "p-sql-new-0" in keys


def test_what_was_due_while_the_process_slept_is_sent_with_the_time_it_was_due() -> None:
    clock = Clock(0.0, until=3.0)

    def sleepy(seconds: float) -> bool:
        clock.now += seconds if clock.now < 1 else 1.5
        return clock.now >= clock.until

    server = Server()
    run((server.requester("new"),), "p", sleepy, clock)
    assert max(record.due for record in server.records) > 2.4
    assert len(server.records) >= 50


@pytest.mark.parametrize(
    ("connection", "asked", "closed"),
    [("new", [["0"], ["1"], ["2"]], True), ("kept", [["0", "1", "2"]], False)],
)
def test_each_request_has_a_new_connection_or_all_have_one_that_is_kept(
    connection: Connection, asked: list[list[str]], *, closed: bool
) -> None:
    server = Server()
    requester = server.requester(connection)
    for number in range(3):
        requester.request(0.0, str(number))
    assert [connected.asked for connected in server.connections] == asked
    assert all(connected.closed is closed for connected in server.connections)


def test_a_connection_is_kept_after_a_refusal_and_dropped_after_silence() -> None:
    def act(key: str) -> str | None:
        if key == "refused":
            raise RefusedError("1047 not ready")
        if key == "silent":
            raise TimeoutError
        return None

    server = Server(act)
    requester = server.requester("kept")
    for key in ("refused", "silent", "last"):
        requester.request(0.0, key)
    assert [connection.asked for connection in server.connections] == [["refused", "silent"], ["last"]]
    assert [record.outcome for record in server.records] == [
        RequestOutcome.ERROR,
        RequestOutcome.TIMEOUT,
        RequestOutcome.OK,
    ]
    assert server.records[0].error == "refused: 1047 not ready"


def test_an_answer_that_comes_after_the_time_out_is_a_time_out() -> None:
    clock = Clock(0.0)

    def late(_key: str) -> str | None:
        clock.now += 1.2
        return "database-1"

    server = Server(late)
    server.requester("new", clock).request(0.0, "key")
    assert server.records[0].outcome is RequestOutcome.TIMEOUT
    assert server.records[0].error == f"{ANSWERED} 1.200 s"


def test_a_failed_connect_is_recorded_and_not_tried_again() -> None:
    tried = []

    def connect() -> Connected:
        tried.append(1)
        raise ConnectionRefusedError("nobody there")

    records: list[Request] = []
    Requester(Probe(Kind.SQL, "kept", 20.0), connect, records.append, lambda: 0.0).request(0.0, "key")
    assert len(tried) == len(records) == 1
    assert records[0].error == "ConnectionRefusedError: nobody there"
