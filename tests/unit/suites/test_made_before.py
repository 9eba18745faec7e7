"""Data made before an upgrade, through a stand-in for the APIs: found again, used, and deleted."""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from made_before import CONTENT, OF_EACH, SORTS, delete, make, seen, use
from seen_fields import counted, differences, digests

from suites.errors import RequestRefused
from suites.neighbours.pair import Neighbour
from suites.openstack.asking import Answer, Request, Token

PORTS = {"identity": "/v3", "image": "", "compute": "/v2.1", "network": "", "volume": "/v3"}
STATUS = {"server": "ACTIVE", "volume": "error"}


@dataclass
class Apis:
    """Every API of a stage, as much of it as is asked; `more` are fields that a newer release shows."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    bytes: dict[str, bytes] = field(default_factory=dict)
    granted: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def neighbour(self) -> Neighbour:
        return Neighbour("blue", self, {name: f"http://{name}{root}" for name, root in PORTS.items()})

    def own_token(self) -> Token:
        raise NotImplementedError("nobody asks for it")

    def send(self, request: Request) -> Answer:
        parts = urlsplit(request.url)
        place = f"{parts.hostname}{parts.path.removeprefix(PORTS[parts.hostname or ''])}"
        return self._answer(request, place)

    def _answer(self, request: Request, place: str) -> Answer:
        if place == "identity/auth/tokens":
            return self._log_in(request.document)
        if "/roles/" in place.removeprefix("identity/roles"):
            self.granted.append(place.rpartition("/")[2])
            return Answer(204, None)
        if place.endswith("/file"):
            return self._data(request, place)
        for sort in SORTS.values():
            if place in {f"{sort.endpoint}{sort.path}", f"{sort.endpoint}{sort.path}/detail"}:
                return self._all(request, f"{sort.endpoint}{sort.path}", sort.member)
            if place.startswith(f"{sort.endpoint}{sort.path}/"):
                return self._one(request, place, sort.member)
        return Answer(400, None)

    def _all(self, request: Request, place: str, member: str) -> Answer:
        if request.method == "GET":
            found = [self._shown(row) for path, row in self.rows.items() if path.rpartition("/")[0] == place]
            return Answer(200, {f"{member}s": found})
        document: Any = request.document
        values = document if member == "image" else document[member]
        row = {"id": f"id-{len(self.rows)}", "status": STATUS.get(member), "updated_at": "then", **values}
        self.rows[f"{place}/{row['id']}"] = row
        return Answer(201, self._shown(row) if member == "image" else {member: self._shown(row)})

    def _one(self, request: Request, place: str, member: str) -> Answer:
        if place not in self.rows:
            return Answer(404, None)
        if request.method == "DELETE":
            del self.rows[place]
            return Answer(204, None)
        if request.method != "GET":
            document: Any = request.document
            self.rows[place] |= document[member]
        row = self._shown(self.rows[place])
        return Answer(200, row if member == "image" else {member: row})

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, **self.more}

    def _data(self, request: Request, place: str) -> Answer:
        if request.method == "PUT":
            self.bytes[place] = request.content or b""
            return Answer(204, None)
        return Answer(200, None, hashlib.sha512(self.bytes[place]).hexdigest())

    def _log_in(self, document: Any) -> Answer:  # noqa: ANN401 - JSON
        user = document["auth"]["identity"]["password"]["user"]
        row = self.rows[f"identity/users/{user['id']}"]
        if row["password"] != user["password"]:
            return Answer(401, None)
        project = document["auth"]["scope"]["project"]["id"]
        number = [place for place in self.rows if place.startswith("identity/projects/")].index(
            f"identity/projects/{project}"
        )
        return Answer(201, {"token": {"roles": [{"id": self.granted[number]}]}})


def test_what_was_made_is_found_used_and_deleted() -> None:
    apis = Apis()
    api = apis.neighbour()
    before = make(api)
    assert counted(before.seen) == dict.fromkeys(SORTS, OF_EACH)
    assert set(apis.bytes.values()) == {CONTENT}
    assert before.password not in repr(before).replace(repr(before.seen), "")
    apis.more = {"brought_by_the_newer_release": True, "updated_at": "now"}
    now = seen(api)
    assert differences(before.seen, now) == []
    assert digests(before.seen, now) == digests(before.seen, before.seen)
    use(api, before)
    assert {row["description"] for place, row in apis.rows.items() if "/ports/" in place} == {
        "changed after the upgrade"
    }
    assert differences(before.seen, seen(api)) != [], "what was changed is seen as changed"
    delete(api, before)
    assert apis.rows == {}


def test_an_image_of_other_bytes_and_a_password_that_is_refused_are_seen() -> None:
    apis = Apis()
    api = apis.neighbour()
    before = make(api)
    apis.bytes = dict.fromkeys(apis.bytes, b"other")
    with pytest.raises(AssertionError, match="other bytes"):
        use(api, before)
    for place, row in apis.rows.items():
        if "/users/" in place:
            row["password"] = "another"
    with pytest.raises(RequestRefused, match="auth/tokens is answered 401"):
        use(api, before)


def test_a_server_that_is_gone_is_missed() -> None:
    apis = Apis()
    before = make(apis.neighbour())
    gone = next(place for place in apis.rows if place.startswith("compute/servers/"))
    del apis.rows[gone]
    assert differences(before.seen, seen(apis.neighbour())) == ["server made-before-0 is gone"]
