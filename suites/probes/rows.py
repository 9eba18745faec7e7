"""Rows in the database: each in its own transaction, over a raw connection without retries."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pymysql

from suites.probes.loop import Connect, RefusedError
from suites.probes.order import Order
from suites.probes.spec import TIMEOUT_S

FIRST_OF_THE_CLIENT = 2000  # MySQL errors from here on are raised by the client: there was no answer


def connecting(order: Order, made: ExitStack) -> Connect:
    """Return how to connect; nothing is created beforehand."""
    del made
    password = order.password.read()
    return lambda: sql_client(order.at, order.user, password, TIMEOUT_S)


@dataclass(slots=True)
class SqlClient:
    """Commits one row per request; knows since it connected which server answers."""

    connection: "pymysql.Connection[pymysql.cursors.Cursor]"
    server: str

    def ask(self, key: str) -> str:
        """Commit one row. Raises RefusedError with the server's error, TimeoutError, ConnectionError."""
        with _told_apart(), self.connection.cursor() as cursor:
            cursor.execute("INSERT INTO stagegate.probe (id) VALUES (%s)", (key,))
        return self.server

    def close(self) -> None:
        """Close only the socket."""
        with contextlib.suppress(pymysql.Error, OSError):
            # close() would send a goodbye to a server that may be frozen or gone.
            self.connection._force_close()  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def sql_client(address: str, user: str, password: str, timeout_s: float) -> SqlClient:
    """Connect to the database at the address that clients use. Raises as `SqlClient.ask`."""
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


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Translate pymysql's exceptions into RefusedError, TimeoutError or ConnectionError."""
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
