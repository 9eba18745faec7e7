"""Two control planes on the same data, as much of them as the neighbours gate asks, and what can be wrong."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from typing import Any
from urllib.parse import urlsplit

from suites.errors import ClientFailed
from suites.neighbours.pair import Neighbour, Pair
from suites.openstack.asking import Answer, Request, Token

OWN, OTHER = "green", "blue"
SERVICES = ("identity", "image", "placement", "compute", "network", "volume")
ROOTS = {"identity": "/v3", "compute": "/v2.1", "volume": "/v3"}
# By host, as the list of services names them.
CONDUCTORS = {"compute-api-blue-1": "blue", "compute-api-green-1": "green"}
# By service, what each colour says that it speaks.
SPOKEN: Mapping[str, Mapping[str, Any]] = {
    "identity": {"values": [{"id": "v3.14", "status": "stable"}]},
    "image": [{"id": "v2.17", "status": "CURRENT"}, {"id": "v2.0", "status": "SUPPORTED"}],
    "placement": [{"id": "v1.0", "min_version": "1.0", "max_version": "1.39"}],
    "compute": [
        {"id": "v2.0", "min_version": "", "version": ""},
        {"id": "v2.1", "min_version": "2.1", "version": "2.100"},
    ],
    "network": [{"id": "v2.0", "status": "CURRENT"}],
    "volume": [{"id": "v3.0", "min_version": "3.0", "version": "3.71"}],
}
TOKENS = "/v3/auth/tokens"
ABSENT = {"error": {"code": 404, "message": "no such thing"}}


# The paths of lists, with the key in the answer.
LISTED = {
    "/v2/images": "images",
    "/flavors": "flavors",
    "/types": "volume_types",
    "/servers": "servers",
    "/v2.0/networks": "networks",
    "/v2.0/subnets": "subnets",
    "/v2.0/ports": "ports",
    "/v2.0/security-groups": "security_groups",
}
# By kind: where its extra specifications are, and the defect in which they are not kept.
EXTENSIBLE = {"flavor": ("os-extra_specs", "other-flavor"), "volume_type": ("extra_specs", "other-type")}


@dataclass(frozen=True)
class Asked:
    """A request to a service of a colour; `path` is without a query, and in handlers without the root."""

    colour: str
    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What a colour answers: a status, a document or bytes, and a header for tokens."""

    status: int
    document: Any = None
    content: bytes = b""
    token: str = ""

    @property
    def body(self) -> bytes:
        return self.content if self.document is None else json.dumps(self.document).encode()


@dataclass
class TwoColours:
    """Both colours. `refuse` names what answers 409 to whom deletes it; `wrong` is any of the defects.

    Defects: `other-keys`, `unread-image`, `hidden-port`, `stuck-server`, `unstopped-server`, `other-flavor`,
    `other-rule`, `other-type`, `far-versions`, `untold-versions`, `one-conductor`, `secret-conductor`,
    `failed-rebuild`, `silent`.
    """

    wrong: frozenset[str] = frozenset()
    refuse: frozenset[str] = frozenset()
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the path that shows it
    tokens: dict[str, str] = field(default_factory=dict)  # by token, the colour that issued it
    numbers: Iterator[int] = field(default_factory=count)
    turns: Iterator[str] = field(default_factory=lambda: cycle(CONDUCTORS))
    deleted: list[str] = field(default_factory=list)

    def pair(self) -> Pair:
        own, other = (Neighbour(colour, Within(self, colour), endpoints()) for colour in (OWN, OTHER))
        return Pair(own, other)

    @property
    def left(self) -> list[str]:
        """What is there: the kinds of things, sorted."""
        return sorted(path.split("/")[-2] for path in self.rows)

    def respond(self, asked: Asked) -> Reply:
        if asked.path == "/":
            return self._versions(asked)
        if asked.method == "POST" and asked.path.endswith("/auth/tokens"):
            return self._issue(asked.colour)
        if not self._valid(asked.colour, asked.headers.get("X-Auth-Token", "")):
            return Reply(401, {"error": {"code": 401, "message": "the token is refused"}})
        asked = replace(asked, path=asked.path.removeprefix(ROOTS.get(asked.service, "")))
        if asked.method == "GET" and asked.path in LISTED:
            return self._listed(asked)
        handle: Callable[[Asked], Reply] = getattr(self, f"_{asked.service}")
        return handle(asked)

    def _listed(self, asked: Asked) -> Reply:
        found = [row for place, row in self.rows.items() if place.rpartition("/")[0] == asked.path]
        return Reply(200, {LISTED[asked.path]: [row for row in found if self._shows(asked.colour, row)]})

    def _versions(self, asked: Asked) -> Reply:
        if "untold-versions" in self.wrong:
            return Reply(200, {"hello": "world"})
        spoken = SPOKEN[asked.service]
        if "far-versions" in self.wrong and asked.colour == OWN:
            far = {"identity": {"values": [{"id": "v4.0"}]}, "image": [{"id": "v3.0"}]}
            spoken = far.get(asked.service, [{"id": "v9", "min_version": "9.1", "version": "9.9"}])
        return Reply(300, {"versions": spoken})

    def _issue(self, colour: str) -> Reply:
        token = f"{colour}-{next(self.numbers)}"
        self.tokens[token] = colour
        return Reply(201, self._shown_token(), token=token)

    @staticmethod
    def _shown_token() -> dict[str, Any]:
        user = {"id": "u1", "name": "admin", "domain": {"id": "default", "name": "Default"}}
        project = {"id": "p1", "name": "admin", "domain": {"id": "default", "name": "Default"}}
        times = {"issued_at": "2026-11-22T16:00:00.000000Z", "expires_at": "2099-11-22T16:00:00.000000Z"}
        return {"token": {"user": user, "project": project, "methods": ["password"], "catalog": [], **times}}

    def _valid(self, colour: str, token: str) -> bool:
        issuer = self.tokens.get(token)
        return issuer is not None and ("other-keys" not in self.wrong or issuer == colour)

    def _identity(self, asked: Asked) -> Reply:
        if asked.path == "/auth/projects":
            return Reply(200, {"projects": [{"id": "p1"}, {"id": "p2"}]})
        known = self._valid(asked.colour, asked.headers.get("X-Subject-Token", ""))
        return Reply(200, self._shown_token()) if known else Reply(404, ABSENT)

    def _image(self, asked: Asked) -> Reply:
        place = asked.path.removesuffix("/file")
        if asked.method == "POST":
            return self._new(asked.path, None, {**asked.document, "status": "queued"})
        if asked.method == "DELETE" or place not in self.rows:
            return self._delete(asked.path) if asked.method == "DELETE" else Reply(404, ABSENT)
        row = self.rows[place]
        if asked.method == "PUT":
            row |= {"status": "active", "os_hash_value": hashlib.sha512(asked.body).hexdigest()}
            row |= {"bytes": asked.body.hex(), "by": asked.colour}
            return Reply(204)
        if place == asked.path:
            return Reply(200, row)
        read = "unread-image" not in self.wrong or row["by"] == asked.colour
        return Reply(200, content=bytes.fromhex(row["bytes"])) if read else Reply(404, ABSENT)

    def _network(self, asked: Asked) -> Reply:
        kind = asked.path.split("/")[2].removesuffix("s").replace("-", "_")
        if asked.method == "POST":
            return self._new_network(asked, kind, asked.document[kind])
        if asked.method == "DELETE":
            return self._delete(asked.path)
        if asked.path not in self.rows or not self._shows(asked.colour, self.rows[asked.path]):
            return Reply(404, ABSENT)
        if asked.method == "PUT":
            self.rows[asked.path] |= asked.document[kind]
        return Reply(200, {kind: self.rows[asked.path]})

    def _shows(self, colour: str, row: Mapping[str, Any]) -> bool:
        return "hidden-port" not in self.wrong or "mac_address" not in row or row["by"] == colour

    def _new_network(self, asked: Asked, kind: str, values: dict[str, Any]) -> Reply:
        if kind == "port":
            values |= {"mac_address": "fa:16:3e:00:00:01", "fixed_ips": ["192.0.2.2"], "by": asked.colour}
        if kind == "security_group":
            values["security_group_rules"] = []
        if kind != "security_group_rule":
            return self._new(asked.path, kind, values)
        rule = {"id": f"id-{next(self.numbers)}", **values}
        stored = {**rule, "port_range_max": 1} if "other-rule" in self.wrong else rule
        self.rows[f"/v2.0/security-groups/{values['security_group_id']}"]["security_group_rules"] = [stored]
        return Reply(201, {kind: rule})

    def _volume(self, asked: Asked) -> Reply:
        return self._extensible(asked, "volume_type")

    def _extensible(self, asked: Asked, kind: str) -> Reply:
        """A flavor or a volume type."""
        extra, defect = EXTENSIBLE[kind]
        place = asked.path.removesuffix(f"/{extra}")
        if asked.method == "DELETE":
            return self._delete(asked.path)
        if asked.method == "POST" and place == asked.path:
            return self._new(asked.path, kind, {**asked.document[kind], "specs": {}})
        if place not in self.rows:
            return Reply(404, ABSENT)
        row = self.rows[place]
        if asked.method == "POST":
            row["specs"] = asked.document["extra_specs"]
        if place != asked.path:
            return Reply(200, {"extra_specs": {} if defect in self.wrong else row["specs"]})
        return Reply(200, {kind: row})

    def _compute(self, asked: Asked) -> Reply:
        if asked.path.startswith("/flavors"):
            return self._extensible(asked, "flavor")
        if asked.path == "/os-services":
            up = [{"binary": "nova-conductor", "host": host, "state": "up"} for host in CONDUCTORS]
            return Reply(200, {"services": [*up, {"binary": "nova-conductor", "host": "x", "state": "down"}]})
        if asked.method == "DELETE":
            return self._delete(asked.path)
        if asked.path == "/servers":
            values = asked.document["server"]
            return self._new(asked.path, "server", {**values, "status": "BUILD", "actions": []})
        row = self.rows.get("/".join(asked.path.split("/")[:3]))
        if row is None:
            return Reply(404, ABSENT)
        return self._act(row, asked.document) if asked.method == "POST" else self._server(row, asked.path)

    def _server(self, row: dict[str, Any], path: str) -> Reply:
        last = path.rsplit("/", 1)[-1]
        if last == "os-instance-actions":
            return Reply(200, {"instanceActions": row["actions"]})
        if "os-instance-actions" in path:
            (action,) = [one for one in row["actions"] if one["request_id"] == last]
            return Reply(200, {"instanceAction": action})
        shown = {name: value for name, value in row.items() if name != "actions"}
        if row["status"] == "BUILD" and "stuck-server" not in self.wrong:
            row["status"] = "ACTIVE"
        return Reply(200, {"server": shown})

    def _act(self, row: dict[str, Any], asked: Mapping[str, Any]) -> Reply:
        if "os-stop" in asked and "unstopped-server" not in self.wrong:
            row["status"] = "SHUTOFF"
        if "rebuild" in asked:
            host = next(iter(CONDUCTORS)) if "one-conductor" in self.wrong else next(self.turns)
            event: dict[str, Any] = {"event": "rebuild_server", "result": "Success", "host": host}
            if "secret-conductor" in self.wrong:
                del event["host"]
            if "failed-rebuild" in self.wrong:
                row |= {"status": "ERROR", "fault": {"message": "no valid host"}}
            request = f"req-{next(self.numbers)}"
            row["actions"].append({"action": "rebuild", "request_id": request, "events": [event]})
        return Reply(202)

    def _new(self, path: str, kind: str | None, values: Mapping[str, Any]) -> Reply:
        made = {"id": f"id-{next(self.numbers)}", **values}
        self.rows[f"{path}/{made['id']}"] = made
        return Reply(201, {kind: made} if kind else made)

    def _delete(self, path: str) -> Reply:
        if path not in self.rows:
            return Reply(404, ABSENT)
        if path.split("/")[-2] in self.refuse:
            return Reply(409, {"conflict": {"code": 409, "message": "it is in use"}})
        del self.rows[path]
        self.deleted.append(path)
        return Reply(204)


@dataclass(frozen=True)
class Within:
    """The requests of an administrator within the preview of a colour."""

    colours: TwoColours
    colour: str

    def send(self, request: Request) -> Answer:
        if "silent" in self.colours.wrong and self.colour == OTHER:
            raise ClientFailed("no answer", where=request.url)
        token = self.own_token() if request.token is None else request.token
        parts = urlsplit(request.url)
        body = request.content or json.dumps(request.document).encode()
        headers = {**request.headers, "X-Auth-Token": token.value}
        asked = Asked(self.colour, str(parts.hostname), request.method, parts.path, headers, body)
        reply = self.colours.respond(asked)
        return Answer(reply.status, reply.document, hashlib.sha512(reply.body).hexdigest())

    def own_token(self) -> Token:
        return Token(self.colours.respond(Asked(self.colour, "identity", "POST", TOKENS, {}, b"")).token)


def endpoints() -> Mapping[str, str]:
    """Where each service answers, as in target.json."""
    return {service: f"http://{service}{ROOTS.get(service, '')}" for service in SERVICES}
