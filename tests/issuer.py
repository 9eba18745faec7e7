"""An issuer of tokens: its key is made here, and a server on this machine publishes it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "stagegate"


class Issuer:
    """Signs tokens as GitLab does. `keys` is what it publishes."""

    def __init__(self) -> None:
        self.key = own_key()
        self.url = ""
        self.keys = {"keys": [{**RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": "k1"}]}

    def claims(self, **different: object) -> dict[str, Any]:
        """The claims of a job's token; one that is None is left out."""
        now = int(time.time())
        found = {
            "iss": self.url,
            "sub": "project_path:group/project:ref_type:branch:ref:main",
            "aud": AUDIENCE,
            "iat": now - 5,
            "nbf": now - 5,
            "exp": now + 300,
            "user_login": "alice",
            "user_email": "alice@gitlab.example",
            "project_path": "group/project",
            "pipeline_id": "70",
            "job_id": "7",
            "ref_protected": "true",
            **different,
        }
        return {name: value for name, value in found.items() if value is not None}

    def token(self, **different: object) -> str:
        """A token with these claims."""
        return jwt.encode(self.claims(**different), self.key, algorithm="RS256", headers={"kid": "k1"})


def as_job(token: str) -> dict[str, str]:
    """The variables of a job that has this token."""
    return {"STAGEGATE_ID_TOKEN": token, "no_proxy": "127.0.0.1"}


@cache
def own_key() -> RSAPrivateKey:
    """The key of every issuer here: to make one takes longer than most tests."""
    return new_key()


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def serving(issuer: Issuer) -> Iterator[None]:
    """Publish the issuer's keys at its `url` while inside."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/oauth/discovery/keys"
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(issuer.keys).encode() if known else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
