"""The two colours of a stage, each with its APIs as its own clients reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from suites.errors import RequestRefused
from suites.openstack.asking import Answer, Request, Requesting, Token

REFUSED = 400
NOT_FOUND = 404
# For one answer on a busy machine, in seconds; how fast a colour answers is judged elsewhere.
WITHIN = 25.0
NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """An API of one colour, asked as the administrator."""

    colour: str
    url: str
    api: Requesting

    def call(  # noqa: PLR0913 - all but method and path are optional
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] = NONE,
        token: Token | None = None,
    ) -> Answer:
        """Return the answer to a request. Raises RequestRefused, and ClientFailed if there is none."""
        request = Request(method, self.url + path, document, content, headers, token, WITHIN)
        answer = self.api.send(request)
        if answer.status >= REFUSED:
            what = f"{method} {resource(path)} is answered {answer.status}"
            raise RequestRefused(what, where=self.colour, why=message(answer.document))
        return answer

    def ask(self, method: str, path: str) -> Answer:
        """Return the answer to a request, whatever its status. Raises ClientFailed if there is none."""
        return self.api.send(Request(method, self.url + path, within=WITHIN))

    def shown(self, path: str, headers: Mapping[str, str] = NONE) -> Any:  # noqa: ANN401 - JSON
        """Return the document at a path. Raises as `call`."""
        return self.call("GET", path, headers=headers).document

    def require_gone(self, path: str) -> None:
        """Raise RequestRefused if something is at a path."""
        status = self.ask("GET", path).status
        if status != NOT_FOUND:
            what = f"GET {resource(path)} is answered {status} after it was deleted"
            raise RequestRefused(what, where=self.colour)

    @property
    def versions(self) -> "Service":
        """The same API at its root, where it tells its versions."""
        root = urlunsplit(urlsplit(self.url)._replace(path=""))
        return Service(self.colour, root, self.api)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of the two colours: who asks its APIs, and the stage's endpoints by name."""

    colour: str
    api: Requesting
    endpoints: Mapping[str, str]

    def service(self, endpoint: str) -> Service:
        """Return one of its APIs, by the name of the endpoint. Raises KeyError."""
        return Service(self.colour, self.endpoints[endpoint].rstrip("/"), self.api)


@dataclass(frozen=True, slots=True)
class Pair:
    """The colour under test and the other one, which stands beside it."""

    own: Neighbour
    other: Neighbour

    @property
    def ways(self) -> tuple[tuple[Neighbour, Neighbour], ...]:
        """Who writes and who reads: each of the two for the other."""
        return (self.own, self.other), (self.other, self.own)

    @property
    def both(self) -> tuple[Neighbour, Neighbour]:
        """The two colours."""
        return self.own, self.other


def message(document: object) -> str:
    """Return what an API says of an error: the first text under `message` in its document."""
    if isinstance(document, Mapping):
        if isinstance(said := document.get("message"), str):
            return said
        return next(filter(None, map(message, document.values())), "")
    return ""


def resource(path: str) -> str:
    """Return a path as texts have it: without its leading slash, and without a query."""
    return path.partition("?")[0].strip("/") or "the root"
