"""An S3 server of the tests' own, moto's, in a thread; between it and its clients are faults."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEYS = {"STORE_KEY": "AKIDEXAMPLE", "STORE_SECRET": "kept-in-a-variable-9c1d"}
SLOW_S = 3.0
_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
_INTERNAL = b"<Error><Code>InternalError</Code><Message>We failed</Message></Error>"
_NO_CONDITIONS = (
    b"<Error><Code>NotImplemented</Code>"
    b"<Message>A header you provided implies functionality that is not implemented</Message></Error>"
)
_REFUSALS = {
    "500": ("500 Error", _INTERNAL),
    "501": ("501 Not Implemented", _NO_CONDITIONS),
    "denied": ("403 Forbidden", _DENIED),
}
Environ = dict[str, Any]
Answer = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass
class Faults:
    """What comes next instead of the server's answers, to requests of which method; and what was asked."""

    planned: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, fault: str, method: str, times: int = 1) -> None:
        self.planned.extend([(fault, method)] * times)

    def next(self, method: str, path: str) -> str:
        with self.lock:
            self.asked.append(f"{method} {path}")
            found = next((one for one in self.planned if one[1] == method), None)
            if found is None:
                return ""
            self.planned.remove(found)
            return found[0]


@dataclass
class Server:
    """A running server; `endpoint` is its URL."""

    endpoint: str
    faults: Faults
    _buckets: int = 0

    def bucket(self) -> str:
        """The address of a new bucket, with references to its keys."""
        self._buckets += 1
        name = f"bucket-{self._buckets}"
        self.client().create_bucket(Bucket=name)
        return self.url(name)

    def url(self, bucket: str) -> str:
        keys = "access_key=env:STORE_KEY&secret_key=env:STORE_SECRET"
        return f"s3://{bucket}/stagegate?endpoint={self.endpoint}&{keys}"

    def client(self) -> Any:  # noqa: ANN401 - boto3 makes its type when it runs
        return boto3.session.Session("key", "secret", region_name="us-east-1").client(
            "s3", endpoint_url=self.endpoint
        )


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


def _faulty(server: Answer, faults: Faults) -> Answer:
    def answer(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        fault = faults.next(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if fault in _REFUSALS:
            status, body = _REFUSALS[fault]
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        if fault == "slow":
            time.sleep(SLOW_S)
        body = b"".join(server(environ, start))
        if fault == "lost":  # it was done, and nobody hears of it
            raise ConnectionAbortedError
        if fault == "truncated":
            return [body[: len(body) // 2]]
        return [body[::-1] if fault == "changed" else body]

    return answer


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone with all its buckets afterwards."""
    faults = Faults()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    application = _faulty(DomainDispatcherApplication(create_backend_app), faults)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield Server(endpoint, faults)
    finally:
        # What moto has is the process's, not the server's: another one would have the same buckets.
        urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()  # noqa: S310 - our own
        server.shutdown()
        thread.join()
        server.server_close()


def environment(**more: str) -> Mapping[str, str]:
    """Where the references of a bucket's address lead."""
    return {**KEYS, **more}
