"""The real requests of probes: raw connections, no library that tries again."""

import contextlib
import http.client
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pymysql
import yaml

from suites.harness.probing.loop import RefusedError
from suites.harness.secret_reference import SecretReference

FIRST_OF_THE_CLIENT = 2000  # MySQL errors from here on are the client's own: there was no answer
NO_ERROR_BELOW = 300
SHOWN = 120


@dataclass(slots=True)
class HttpClient:
    """Asks one URL over one connection; an answer below 300 is a success."""

    connection: http.client.HTTPConnection
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None = None

    def ask(self, key: str) -> None:
        """Ask once; the key is of no use. Raises RefusedError with the status, what http.client raises."""
        del key
        self.connection.request(self.method, self.path, body=self.body, headers=dict(self.headers))
        response = self.connection.getresponse()
        said = response.read()
        if response.status >= NO_ERROR_BELOW:
            raise RefusedError(f"{response.status} {said[:SHOWN].decode('utf-8', 'replace')}")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@dataclass(slots=True)
class SqlClient:
    """Commits a row a request; knows who answers from the moment it connected."""

    connection: "pymysql.Connection[pymysql.cursors.Cursor]"
    server: str

    def ask(self, key: str) -> str:
        """Commit one row. Raises RefusedError with the server's error, TimeoutError, ConnectionError."""
        with _told_apart(), self.connection.cursor() as cursor:
            cursor.execute("INSERT INTO stagegate.probe (id) VALUES (%s)", (key,))
        return self.server

    def close(self) -> None:
        """Close the connection without a word: the server may not be there to hear one."""
        with contextlib.suppress(pymysql.Error, OSError):
            # close() would talk to a server that may be frozen; this only closes the socket.
            self.connection._force_close()  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def http_client(url: str, timeout_s: float, method: str = "GET", headers: Mapping[str, str] | None = None,
                body: str | None = None) -> HttpClient:  # fmt: skip
    """Return a client that is not connected yet."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    return HttpClient(connection, method, parts.path or "/", headers or {}, body)


def sql_client(address: str, user: str, password: str, timeout_s: float) -> SqlClient:
    """Connect to the database that clients are sent to. Raises as `SqlClient.ask`."""
    host, _, port = address.rpartition(":")
    with _told_apart():
        connection = pymysql.connect(
            host=host, port=int(port), user=user, password=password, autocommit=True,
            connect_timeout=timeout_s, read_timeout=timeout_s, write_timeout=timeout_s, ssl_disabled=True,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@hostname")
            row = cursor.fetchone()
    return SqlClient(connection, str(row[0]) if row else "unknown")


def password_request(password: SecretReference) -> str:
    """Return the body that asks keystone for a token by password, for the account of OS_CLOUD."""
    with open(os.environ["OS_CLIENT_CONFIG_FILE"], encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        auth = yaml.safe_load(file)["clouds"][os.environ["OS_CLOUD"]]["auth"]
    user = {
        "name": auth["username"],
        "domain": {"name": auth["user_domain_name"]},
        "password": password.read(),
    }
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return json.dumps({"auth": {"identity": identity, "scope": {"project": project}}})


def take_token(url: str, body: str, timeout_s: float) -> str:
    """Take a token, once. Raises RefusedError, and what http.client raises."""
    client = http_client(f"{url}/auth/tokens", timeout_s)
    client.connection.request("POST", client.path, body=body, headers={"Content-Type": "application/json"})
    response = client.connection.getresponse()
    response.read()
    token = response.getheader("X-Subject-Token")
    client.close()
    if token is None:
        raise RefusedError(f"{response.status}: no token")
    return token


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """What pymysql raises, as a refusal, a time-out or the loss of the connection."""
    try:
        yield
    except pymysql.MySQLError as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else FIRST_OF_THE_CLIENT
        text = f"{code} {error.args[-1] if error.args else ''}"
        if "timed out" in text:
            raise TimeoutError(text) from None
        if 0 < code < FIRST_OF_THE_CLIENT:
            raise RefusedError(text) from None
        raise ConnectionError(text) from None
