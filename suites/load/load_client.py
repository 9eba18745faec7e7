"""A client that sends requests to APIs, each when it is due, and says how each ended.

Request: `{"access": …, "name": text, "due": [{"at", "url", "act", "held", "kind"}]}`. `at` is in seconds from
the begin; `url` is an address, for a record that of the endpoint; `held` is how long a slow client takes to
end its request; `kind` is a record's. `name` begins the names of records.
Answer: `{"ended": [{"sent", "ended", "error"}]}`, in the same order, in seconds from the begin.
"""

import contextlib
import http.client
import itertools
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel

from suites.load.mix import Act
from suites.openstack.access import Access
from suites.probes.apis import JSON, NO_ERROR_BELOW, SHOWN, HttpClient, password_request, take_token
from suites.probes.loop import RefusedError
from suites.probes.records import SHAPES, RecordClient, Trail
from suites.probes.spec import Kind

# Probes that ask for one thing at a time wait 3 s. Here, many ask at once, and two cores answer all of them.
ANSWERED_WITHIN_S = 5.0
SIGNED_IN_WITHIN_S = 15.0
# More than can be in progress besides slow clients, so that none waits for another: one that does is late.
THREADS = 96


class Due(BaseModel):
    """A request that is due."""

    at: float
    url: str
    act: Act
    held: float = 0.0
    kind: Kind


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends requests as the administrator; each raises OSError, http.client's errors or RefusedError."""

    token: str
    sign_in: str
    name: str

    def send(self, due: Due, number: int) -> None:
        """Send the request that is due."""
        if due.act is Act.RECORD:
            self.record(due, f"{self.name}-{number}")
        elif due.held:
            self.slowly(due)
        else:
            body = self.sign_in if due.act is Act.SIGN_IN else None
            client = HttpClient(
                due.url,
                ANSWERED_WITHIN_S,
                "POST" if body else "GET",
                JSON if body else self._own,
                body,
            )
            with contextlib.closing(client):
                client.answer()

    def slowly(self, due: Due) -> None:
        """Begin a request, and end it after `held` seconds. Until then it holds a thread of the API."""
        parts = urlsplit(due.url)
        address = (parts.hostname or "", parts.port or 80)
        with socket.create_connection(address, ANSWERED_WITHIN_S) as connection:
            lines = [f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}"]
            lines += [f"{name}: {value}" for name, value in self._own.items()]
            connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
            time.sleep(due.held)
            connection.sendall(b"Connection: close\r\n\r\n")
            answer = http.client.HTTPResponse(connection, method="GET")
            answer.begin()
            said = answer.read()
            if answer.status >= NO_ERROR_BELOW:
                raise RefusedError(f"{answer.status} {said[:SHOWN].decode('utf-8', 'replace')}")

    def record(self, due: Due, name: str) -> None:
        """Make a record, and delete it again."""
        parts, trail = urlsplit(due.url), Trail()
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=ANSWERED_WITHIN_S
        )
        shape, root = SHAPES[due.kind], parts.path.rstrip("/")
        client = RecordClient(connection, root, self.token, shape, trail, lambda _what, _key: None)
        with contextlib.closing(client):
            client.ask(name)
            client.delete(trail.made.popleft())

    @property
    def _own(self) -> Mapping[str, str]:
        # The second is for Keystone, which is asked about the token itself; the others do not look at it.
        return {"X-Auth-Token": self.token, "X-Subject-Token": self.token}


def slow_at_once(due: Iterable[Due]) -> int:
    """Return how many slow clients there are at most, while each waits for its answer as long as it may."""
    slow = [one for one in due if one.held]
    begun = [(one.at, 1) for one in slow]
    ended = [(one.at + one.held + ANSWERED_WITHIN_S, -1) for one in slow]
    return max(itertools.accumulate(change for _, change in sorted(begun + ended)), default=0)


def answer(access: Access, name: str, due: list[Due]) -> Mapping[str, object]:
    """Send all requests. Raises as `take_token` if no token is issued."""
    sign_in = password_request(access.password)
    token = take_token(access.identity, sign_in, SIGNED_IN_WITHIN_S)
    sending = Sending(token, sign_in, name)
    begin = time.monotonic()
    with ThreadPoolExecutor(THREADS + slow_at_once(due)) as pool:
        running = []
        for number, one in enumerate(due):
            time.sleep(max(0.0, begin + one.at - time.monotonic()))
            running.append(pool.submit(_ended, sending.send, one, number, begin))
    return {"ended": [one.result() for one in running]}


def _ended(send: Callable[[Due, int], None], due: Due, number: int, begin: float) -> dict[str, object]:
    sent = time.monotonic() - begin
    error = None
    try:
        send(due, number)
    except RefusedError as refused:
        error = f"refused: {refused}"
    except TimeoutError:
        error = f"no answer within {ANSWERED_WITHIN_S:g} s"
    except Exception as failed:  # noqa: BLE001 - any exception means that the client got no answer
        error = f"{type(failed).__name__}: {failed}"
    return {"sent": sent, "ended": time.monotonic() - begin, "error": error}
