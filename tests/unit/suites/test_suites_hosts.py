"""How a host is reached, what it says of its own address, and how a change on it is waited for."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from answered import serving
from programs import ended
from storied import Clock
from suites_sample import Read

from suites.errors import NotWithin, ReadingFailed
from suites.hosts import reading
from suites.hosts.host import reach


@pytest.mark.usefixtures("ssh_calls")
def test_a_host_is_asked_over_ssh_and_says_what_failed(read: Read, target_document: dict[str, Any]) -> None:
    hosts = reach(read(target_document))
    one = hosts["database-1"]
    assert one.read("echo 'it''s 100%'") == "its 100%\n"
    output = one.ask("echo no >&2; exit 3")
    assert (output.status, output.stderr) == (3, "no\n")
    with pytest.raises(ReadingFailed, match="database-1: a reading ended with 3: no"):
        one.read("echo first >&2; echo no >&2; exit 3")
    assert one.ask("sleep 9", within=1).status == 124
    with pytest.raises(ReadingFailed, match="database-2: no answer over ssh: connect: no route"):
        hosts["database-2"].ask("true")


def said(url: str) -> str:
    done = ended("sh", "-c", reading.getting(url), check=True)
    return done.stdout.strip()


def test_the_status_of_an_answer_is_told_or_why_there_is_none() -> None:
    with serving() as url:
        assert said(f"{url}/") == "200"
        assert said(url) == "200"
        assert said(f"{url}/sick") == "503"
        assert said(f"{url}/elsewhere") == "404"
    assert "refused" in said("http://127.0.0.1:1/")


def test_who_does_not_speak_http_does_not_answer_200() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            peer, _ = server.accept()
            peer.sendall(b"200 200 hello\r\n")
            peer.close()

        threading.Thread(target=greet, daemon=True).start()
        assert said(f"http://127.0.0.1:{server.getsockname()[1]}/").startswith("not HTTP")


def looks(holds: str) -> Callable[[], reading.Observation]:
    states = iter(holds)
    count = iter(range(100))
    return lambda: reading.Observation(next(states) == "y", f"look {next(count)}")


@pytest.mark.parametrize(
    ("states", "how", "seen", "slept"),
    [
        ("y", {"within": 1}, "look 0", 0.0),
        ("nny", {"within": 1, "every": 0.4}, "look 2", 0.8),
        ("yynyyyy", {"within": 9, "every": 0.5, "lasting": 1}, "look 5", 2.5),
    ],
    ids=["what holds at once", "the observation that held", "what must last, anew when it broke"],
)
def test_the_observation_that_holds_is_returned(
    states: str, how: dict[str, float], seen: str, slept: float
) -> None:
    clock = Clock(0.0)
    assert reading.until(looks(states), **how, clock=clock, sleep=clock.sleep).seen == seen
    assert clock.now == pytest.approx(slept)


@pytest.mark.parametrize(
    ("states", "how", "why"),
    [
        ("nnnyy", {"within": 2, "every": 0.5, "lasting": 1}, "for 1 s"),
        ("n" * 9, {"within": 1, "every": 0.4}, "did not hold within 1 s: last seen: look 3"),
    ],
    ids=["what held too late to last", "the last look is at the end of the time"],
)
def test_what_did_not_hold_in_time_is_told(states: str, how: dict[str, float], why: str) -> None:
    clock = Clock(0.0)
    with pytest.raises(NotWithin, match=why):
        reading.until(looks(states), **how, clock=clock, sleep=clock.sleep)
    assert clock.now == pytest.approx(how["within"])


def test_an_error_of_the_condition_is_not_swallowed() -> None:
    def broken() -> reading.Observation:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        reading.until(broken, within=1)
