"""Records of an API: each is made, and some requests later read and deleted, by whoever answers then.

So what one control plane has acknowledged is looked for in the next one. Every request is one call. Two files
tell what became of the records, a line each: `<kind>-made.txt` those that were acknowledged, and
`<kind>-found.txt` those that were there when they were read. A record in the first alone is lost.
"""

import contextlib
import http.client
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from suites.probes.apis import MADE_WITHIN_S, NO_ERROR_BELOW, SHOWN, password_request, take_token
from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import LOADS, Kind

NOT_FOUND = 404
# So many stay until they are read, some 20 s at the rate of two probes: longer than one service changes over.
KEPT = 12
MADE, FOUND = "made", "found"
Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where records are and what they are made of, besides their name.

    `member` is the key under which documents have them, "" if they are the document. An API without `posts`
    is told the place of a new record instead, as Placement is.
    """

    path: str
    member: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    posts: bool = True

    def document(self, name: str) -> str | None:
        """Return the body of the request that makes a record."""
        if not self.posts:
            return None
        values = {"name": name, **self.values}
        return json.dumps({self.member: values} if self.member else values)

    def place(self, name: str) -> str:
        """Return the path of a record that is not told by the API."""
        return f"{self.path}/CUSTOM_{name.upper().replace('-', '_')}"

    def told(self, said: bytes) -> str:
        """Return the path of a record that was made, from the answer."""
        document = json.loads(said)
        return f"{self.path}/{(document[self.member] if self.member else document)['id']}"


# An image has no data here: the object store is not part of a control plane, and Kind.IMAGE reads from it.
SHAPES: Mapping[Kind, Shape] = {
    Kind.GROUP: Shape("/groups", "group"),
    Kind.IMAGE_RECORD: Shape("/v2/images", values={"visibility": "private"}),
    Kind.FLAVOR: Shape("/flavors", "flavor", {"ram": 64, "vcpus": 1, "disk": 1}),
    Kind.TRAIT: Shape("/traits", headers={"OpenStack-API-Version": "placement 1.6"}, posts=False),
    Kind.NETWORK: Shape("/v2.0/networks", "network"),
    Kind.VOLUME_TYPE: Shape("/types", "volume_type"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the key of the request that made it, and its path."""

    key: str
    path: str


@dataclass(slots=True)
class Trail:
    """The records that exist, shared by all connections of a kind. `found` are those that only have to go."""

    made: deque[Record] = field(default_factory=deque)
    found: deque[Record] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> tuple[Record, str] | None:
        """Take the record that is to be deleted or read now, with the method; None to make another one."""
        with self.lock:
            if self.found:
                return self.found.popleft(), "DELETE"
            return (self.made.popleft(), "GET") if len(self.made) > KEPT else None


@dataclass(slots=True)
class RecordClient:
    """Makes one call per request, over one connection."""

    connection: http.client.HTTPConnection
    root: str
    token: str
    shape: Shape
    trail: Trail
    tell: Tell

    def ask(self, key: str) -> None:
        """Make a record named `key`, or read or delete an earlier one.

        Raises RefusedError, which says `lost` of an acknowledged record that is gone, and what http.client
        raises. A record that was not answered for is read again, or deleted again, later.
        """
        taken = self.trail.turn()
        if taken is None:
            self._make(key)
        elif taken[1] == "GET":
            self.read(taken[0])
        else:
            self.delete(taken[0])

    def read(self, record: Record) -> None:
        """Look a record up. Raises as `ask`."""
        with _kept_if_unanswered(self.trail.made, record):
            status, _ = self._call("GET", record.path, accepted=NOT_FOUND)
        if status == NOT_FOUND:
            raise RefusedError(f"lost: {record.key} was acknowledged and is gone")
        self.tell(FOUND, record.key)
        self.trail.found.append(record)

    def delete(self, record: Record) -> None:
        """Delete a record, which may be gone by an attempt whose answer was lost. Raises as `ask`."""
        with _kept_if_unanswered(self.trail.found, record):
            self._call("DELETE", record.path, accepted=NOT_FOUND)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _make(self, key: str) -> None:
        posts = self.shape.posts
        method, path = ("POST", self.shape.path) if posts else ("PUT", self.shape.place(key))
        _, said = self._call(method, path, self.shape.document(key))
        self.trail.made.append(Record(key, self.shape.told(said) if posts else path))
        self.tell(MADE, key)

    def _call(
        self, method: str, path: str, body: str | None = None, *, accepted: int | None = None
    ) -> tuple[int, bytes]:
        headers = {"X-Auth-Token": self.token, **self.shape.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, self.root + path, body=body, headers=headers)
        response = self.connection.getresponse()
        status, said = response.status, response.read()
        if status >= NO_ERROR_BELOW and status != accepted:
            raise RefusedError(f"{status} to {method}: {said[:SHOWN].decode('utf-8', 'replace')}")
        return status, said


@contextlib.contextmanager
def _kept_if_unanswered(where: deque[Record], record: Record) -> Iterator[None]:
    """Put a record back if the block raises."""
    try:
        yield
    except Exception:
        where.append(record)
        raise


def connecting(order: Order, made: ExitStack) -> Connect:
    """Take a token, and return how to connect. When `made` closes, all records are read and deleted.

    Raises as `take_token`. At the end, raises RefusedError if records could not be read or deleted.
    """
    token = take_token(order.identity, password_request(order.password), MADE_WITHIN_S)
    shape, trail, parts = SHAPES[order.kind], Trail(), urlsplit(order.at)
    tell = _telling(order, made)

    def client(timeout_s: float) -> RecordClient:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
        return RecordClient(connection, parts.path.rstrip("/"), token, shape, trail, tell)

    made.callback(lambda: cleared(trail, lambda: client(MADE_WITHIN_S)))
    return lambda: client(LOADS[order.kind].timeout_s)


def cleared(trail: Trail, connect: Callable[[], RecordClient]) -> None:
    """Read and delete all records that exist. Raises RefusedError if some could not be."""
    why = ""
    with contextlib.closing(connect()) as client:
        for records, act in ((trail.made, client.read), (trail.found, client.delete)):
            for record in [records.popleft() for _ in range(len(records))]:
                try:
                    act(record)
                except (OSError, http.client.HTTPException, RefusedError) as error:
                    client.close()  # the next call connects again
                    why = str(error)
    if left := len(trail.made) + len(trail.found):
        raise RefusedError(f"{left} records could not be looked up or deleted: {why}")


def _telling(order: Order, made: ExitStack) -> Tell:
    """Return a function that appends the key of a record to the file of its kind."""
    files = {
        what: made.enter_context((order.into / f"{order.kind.value}-{what}.txt").open("w", encoding="utf-8"))
        for what in (MADE, FOUND)
    }
    lock = threading.Lock()

    def tell(what: str, key: str) -> None:
        with lock:
            files[what].write(f"{key}\n")
            files[what].flush()

    return tell


def lost(into: Path, kind: Kind) -> tuple[int, tuple[str, ...]]:
    """Return how many records were acknowledged, and which of them were not found. Raises OSError.

    To be asked when the probe has ended: until then some have not been looked for.
    """
    made, found = (
        (into / f"{kind.value}-{what}.txt").read_text(encoding="utf-8").split() for what in (MADE, FOUND)
    )
    return len(made), tuple(sorted(set(made).difference(found)))
