"""Requests to APIs from inside the stage, sent by one client for the whole session."""

import base64
import json
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.openstack.access import access
from suites.seam.target import Target

MODULE = "suites.openstack.asking_client"
# A request has its own timeout; a process that is silent for so many seconds more hangs despite it. They are
# also for the first request, which logs in before.
HANGS_AFTER = 24.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An API's answer: the status, the document if it was JSON, and the SHA-512 of its body in hex."""

    status: int
    document: Any
    sha512: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An administrator's token: it is shown nowhere."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an API: with a document or with bytes, or with neither.

    It has the administrator's own token, or the given one. `within` bounds the API's silence, in seconds.
    """

    method: str
    url: str
    document: object = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # one may have a token
    token: Token | None = None
    within: float = 6.0

    def to_json(self) -> dict[str, object]:
        """Return the request in the form that the client reads."""
        told: dict[str, object] = {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "within": self.within,
        }
        if self.document is not None:
            told["document"] = self.document
        if self.content is not None:
            told["content"] = base64.b64encode(self.content).decode()
        if self.token is not None:
            told["token"] = self.token.value
        return told


class Requesting(Protocol):
    """Who sends requests to the APIs of a stage as its administrator."""

    def send(self, request: Request) -> Answer:
        """Return the answer to a request, whatever its status. Raises ClientFailed if there is none."""

    def own_token(self) -> Token:
        """Return the administrator's own token. Raises ClientFailed if none is issued."""


@dataclass(slots=True)
class Asking:
    """A client that starts with the first request. It sends the requests of several threads one by one."""

    clients: Clients
    target: Target
    process: subprocess.Popen[str] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer of an API. Raises ClientFailed if there is none."""
        return self.send(Request("GET", url, headers=headers or {}))

    def send(self, request: Request) -> Answer:
        """Return the answer to a request, whatever its status. Raises ClientFailed if there is none."""
        answer = self._answered(request.to_json(), request.url, request.within)
        return Answer(int(answer["status"]), answer["document"], str(answer["sha512"]))

    def own_token(self) -> Token:
        """Return the administrator's own token. Raises ClientFailed if none is issued."""
        return Token(str(self._answered({"own_token": True}, "a token")["token"]))

    def stop(self) -> None:
        """End the client if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _answered(self, request: Mapping[str, object], where: str, within: float = 0.0) -> dict[str, Any]:
        with self.turn:
            said = self._line(request, within + HANGS_AFTER)
        if not said:
            raise ClientFailed("it ended, or was silent for too long", where=MODULE, why=where)
        answer: dict[str, Any] = json.loads(said)
        if "error" in answer:
            raise ClientFailed("no answer", where=where, why=answer["error"])
        return answer

    def _line(self, request: Mapping[str, object], within: float) -> str:
        if self.process is None or self.process.poll() is not None:
            self.process = self.clients.start(MODULE, {"access": access(self.target)})
        process = self.process
        if process.stdin is None or process.stdout is None:
            return ""
        limit = threading.Timer(within, process.kill)
        limit.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError:
            return ""
        except BaseException:
            # Broken off: the answer may still come, and must not be taken for that of the next request.
            process.kill()
            raise
        finally:
            limit.cancel()
