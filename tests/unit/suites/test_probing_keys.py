"""A client of Redis leaves the Sentinel that led it to a master which refuses: it may be cut off with it."""

from typing import Any

import pytest
from redis import exceptions

from suites.probes import keys
from suites.probes.keys import KeyClient, Store
from suites.probes.places import Places

ADDRESSES = {"coordination-1": "10.71.3.40", "coordination-2": "10.71.3.41"}


class Redis:
    """A connection to a Redis or a Sentinel that answers commands by what it is told."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def connect(self) -> None:
        if self.answers and isinstance(self.answers[0], OSError):
            raise exceptions.ConnectionError(str(self.answers[0]))

    def send_command(self, *_words: str) -> None:
        """Every command is taken."""

    def read_response(self) -> object:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def disconnect(self) -> None:
        """Nothing is open."""


def client(*answers: object) -> KeyClient:
    link: Any = Redis(*answers)
    return KeyClient(link, "coordination-1", Places(ADDRESSES), "coordination-1")


def test_a_master_that_refuses_for_want_of_replicas_is_left_with_the_sentinel_that_named_it() -> None:
    asking = client(exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."))
    with pytest.raises(ConnectionError, match="NOREPLICAS"):
        asking.ask("k")
    assert asking.places.current() == "coordination-2"


def test_a_master_that_takes_keys_is_kept() -> None:
    asking = client("OK", "k")
    assert asking.ask("k") == "coordination-1"
    assert asking.places.current() == "coordination-1"


def test_a_sentinel_whose_master_can_not_be_reached_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    there: dict[int, Any] = {
        keys.SENTINEL: Redis(["10.71.3.40", "6379"]),
        keys.REDIS: Redis(OSError("unreachable")),
    }
    monkeypatch.setattr(Store, "_at", lambda _store, _address, port: there[port])
    places = Places(ADDRESSES)
    with pytest.raises(ConnectionError, match="unreachable"):
        Store(places, "secret").connected()
    assert places.current() == "coordination-2"
