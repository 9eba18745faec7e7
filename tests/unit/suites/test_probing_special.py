"""Probes of few components: a call to a conductor over the bus, a change that every chassis applies."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from storied import Clock

from suites.probes import calls
from suites.probes.calls import MESSAGE, Caller, answers, called
from suites.probes.chassis import LOOK, RAISE, ChassisClient, Database, number
from suites.probes.loop import RefusedError
from suites.probes.places import Places

# As the two servers of a standing stage answer, the second of them a follower.
ROWS = '{"id":0,"result":[{"rows":[{"hv_cfg":2}]},{"rows":[{"nb_cfg":2}]}],"error":null}'
UNKNOWN = (
    '{"id":0,"error":{"syntax":"[\\"OVN_North\\",{\\"op\\":\\"abort\\"}]","details":"transact request'
    ' specifies unknown database OVN_North","error":"unknown database"}}'
)
FAILED = (
    '{"id":1,"result":[{"syntax":"{}","details":"Parsing ovsdb operation 1 of 2 failed: No table named'
    ' Nope.","error":"syntax error"},null],"error":null}'
)


def test_a_call_is_one_that_every_service_of_nova_answers_and_into_our_own_queue() -> None:
    envelope = json.loads(called("p-call-new-3", "amq.gen-1"))
    assert envelope["oslo.version"] == "2.0"
    call = json.loads(envelope[MESSAGE])
    assert (call["namespace"], call["method"], call["args"]) == ("baseapi", "ping", {"arg": "p-call-new-3"})
    assert (call["_msg_id"], call["_reply_q"], call["_unique_id"]) == (
        "p-call-new-3",
        "amq.gen-1",
        "p-call-new-3",
    )


def reply(key: str, **told: object) -> str:
    usual = {"result": {"service": "conductor", "arg": key}, "failure": None, "ending": True, "_msg_id": key}
    return json.dumps({"oslo.version": "2.0", MESSAGE: json.dumps(usual | told)})


def test_only_the_answer_to_this_call_is_one() -> None:
    assert answers(reply("a"), "a")
    assert answers(reply("a").encode(), "a")
    assert not answers(reply("b"), "a")
    with pytest.raises(RefusedError, match="UnsupportedVersion"):
        answers(reply("a", failure='{"class": "UnsupportedVersion"}'), "a")
    with pytest.raises(RefusedError, match="called with a, answered"):
        answers(reply("a", result={"arg": "b"}), "a")


class Bus:
    """Stands in for a connection and its channel: each wait brings these messages, or nothing for a while."""

    def __init__(self, *brings: list[str]) -> None:
        self.brings = list(brings)
        self.published: list[tuple[str, str]] = []
        self.arrived: list[str | bytes] = []
        self.clock = Clock()
        self.places = Places({"messaging-1": "a", "messaging-2": "b"})
        self.closed = False

    def basic_publish(self, message: object, routing_key: str, timeout: float) -> None:
        del timeout
        self.published.append((str(getattr(message, "body", "")), routing_key))

    def drain_events(self, timeout: float) -> None:
        if not self.brings:
            self.clock.sleep(timeout)
            raise TimeoutError("timed out")
        self.clock.sleep(0.1)
        self.arrived += self.brings.pop(0)

    def close(self) -> None:
        self.closed = True

    def collect(self) -> None:
        """Nothing is open."""


def caller(bus: Bus) -> Caller:
    link: Any = bus
    return Caller(link, "messaging-1", link, link, "amq.gen-1", bus.arrived, bus.clock)


def test_a_caller_waits_for_the_answer_among_late_ones() -> None:
    bus = Bus([reply("earlier")], [], [reply("k")])
    caller(bus).ask("k")
    assert [routing for _, routing in bus.published] == [calls.CONDUCTORS]
    assert bus.places.current() == "messaging-1"


def test_a_caller_that_is_not_answered_leaves_the_broker_and_only_drops_its_connection() -> None:
    bus = Bus([reply("earlier")])
    asking = caller(bus)
    with pytest.raises(TimeoutError):
        asking.ask("k")
    asking.close()
    assert bus.places.current() == "messaging-2"
    assert not bus.closed


def test_the_number_is_that_of_the_last_result() -> None:
    results = json.loads(ROWS)["result"]
    assert number(results, "nb_cfg") == 2
    assert number(results[:1], "hv_cfg") == 2
    for wrong in (json.loads(FAILED)["result"], [], None, [{"count": 1}]):
        with pytest.raises(ConnectionError):
            number(wrong, "nb_cfg")


@pytest.fixture
def link() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    before = set(threading.enumerate())
    with theirs:
        with ours:
            yield ours, theirs
        for thread in set(threading.enumerate()) - before:
            thread.join(5)


class Server:
    """Answers a client as OVSDB does: northd passes a change on, and the last chassis applies it late."""

    def __init__(self, end: socket.socket, looks: int) -> None:
        self.end, self.looks, self.asked = end, looks, 0
        self.echoed: list[object] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def say(self, text: str) -> None:
        # In two parts: a document need not come as one packet.
        self.end.sendall(text[:7].encode())
        self.end.sendall(text[7:].encode())

    def serve(self) -> None:
        self.say('{"method":"echo","params":[7],"id":"echo"}')
        while data := self.end.recv(65536):  # ends when the client does
            for document in documents(data.decode()):
                if document.get("id") == "echo":
                    self.echoed.append(document["result"])
                else:
                    self.say(json.dumps(self.answered(document)))

    def answered(self, document: dict[str, Any]) -> dict[str, Any]:
        raises = document["params"][1]["op"] == "mutate"
        self.asked += not raises
        hv_cfg = 3 if self.asked > self.looks else 2
        results = [{"count": 1}, {"rows": [{"nb_cfg": 3}]}] if raises else [{"rows": [{"hv_cfg": hv_cfg}]}]
        return {"id": document["id"], "result": results, "error": None}


def documents(text: str) -> Iterator[dict[str, Any]]:
    while text:
        found, length = json.JSONDecoder().raw_decode(text)
        text = text[length:]
        yield found


def test_a_change_is_made_once_every_chassis_has_applied_it(
    link: tuple[socket.socket, socket.socket],
) -> None:
    server = Server(link[1], looks=2)
    places = Places({"ovn-1": "a", "ovn-2": "b"})
    ChassisClient(places, "ovn-1", Database(link[0]), sleep=lambda _: None).ask("k")
    assert server.asked == 3
    assert server.echoed == [[7]]
    assert places.current() == "ovn-1"


def test_a_change_that_a_chassis_never_applies_runs_out_of_time_and_the_server_is_left(
    link: tuple[socket.socket, socket.socket],
) -> None:
    Server(link[1], looks=10_000)
    clock = Clock()
    places = Places({"ovn-1": "a", "ovn-2": "b"})
    asking = ChassisClient(
        places, "ovn-1", Database(link[0], lambda: clock.now), lambda: clock.now, clock.sleep
    )
    with pytest.raises(TimeoutError, match="a chassis is at 2 of 3"):
        asking.ask("k")
    assert places.current() == "ovn-2"


@pytest.mark.parametrize("said", [UNKNOWN, ""])
def test_a_server_that_refuses_or_hangs_up_is_no_connection(
    link: tuple[socket.socket, socket.socket], said: str
) -> None:
    link[1].sendall(said.encode())
    if not said:
        link[1].shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError):
        Database(link[0], lambda: 0.0).transact(LOOK, 1.0)


def test_what_is_raised_and_read_are_the_numbers_of_the_configuration() -> None:
    assert [operation["op"] for operation in (*RAISE, *LOOK)] == ["mutate", "select", "select"]
    assert RAISE[0]["mutations"] == [["nb_cfg", "+=", 1]]
