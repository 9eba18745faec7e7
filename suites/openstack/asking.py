"""Requests to APIs from inside the stage, sent by one client for the whole session."""

import json
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suites.clients.runner import Clients
from suites.errors import ClientFailed
from suites.openstack.access import access
from suites.seam.target import Target

MODULE = "suites.openstack.asking_client"
# Its requests have their own timeouts; this one is for a process that hangs despite them.
WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An API's answer: the status, and the document if it was JSON."""

    status: int
    document: Any


@dataclass(slots=True)
class Asking:
    """A client that starts with the first request. It sends the requests of several threads one by one."""

    clients: Clients
    target: Target
    process: subprocess.Popen[str] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer of an API. Raises ClientFailed if there is none."""
        with self.turn:
            said = self._line({"url": url, "headers": dict(headers or {})})
        if not said:
            raise ClientFailed("it ended, or was silent for too long", where=MODULE, why=url)
        answer = json.loads(said)
        if "error" in answer:
            raise ClientFailed("no answer", where=url, why=answer["error"])
        return Answer(int(answer["status"]), answer["document"])

    def stop(self) -> None:
        """End the client if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _line(self, request: Mapping[str, object]) -> str:
        if self.process is None or self.process.poll() is not None:
            self.process = self.clients.start(MODULE, {"access": access(self.target)})
        process = self.process
        if process.stdin is None or process.stdout is None:
            return ""
        limit = threading.Timer(WITHIN, process.kill)
        limit.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError:
            return ""
        finally:
            limit.cancel()
