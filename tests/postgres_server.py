"""A PostgreSQL server of the tests' own: in a folder, on a Unix socket, as a user without rights."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

_WITHIN_S = 60
USER = "stagegate"
PASSWORD = "kept-in-a-file-7f3a"
# Whoever comes as `guarded` must know the password; everybody else is let in.
_ACCESS = "local all guarded scram-sha-256\nlocal all all trust\n"
# Neither TCP nor, where no crash is tested, waiting for the disk.
_SETTINGS = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "16MB", "lc_messages": "C"}


class Server:
    """A server with its data below `folder`, whose path must be short: it holds the socket, too."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._durable = durable
        # PostgreSQL refuses to run as root.
        self._account = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def create(self) -> None:
        """Make the server's data."""
        if self._account:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        argv = [
            "initdb",
            "--no-sync",
            "--username",
            USER,
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "-D",
            str(data),
        ]
        self._run(*argv)
        (data / "pg_hba.conf").write_text(_ACCESS)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self.folder)}
        settings["fsync"] = "on" if self._durable else "off"
        argv = [_program("postgres"), "-D", str(self.folder / "data")]
        argv += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, cwd="/", **self._account)
        until = time.monotonic() + _WITHIN_S
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return

    def stop(self, how: str = "immediate") -> None:
        """Stop the server: at once, as a crash would, or `fast`, which ends its sessions first."""
        if self._process is not None:
            self._run("pg_ctl", "stop", "-w", "-m", how, "-D", str(self.folder / "data"))
            self._process.wait(_WITHIN_S)
            self._process = None

    def database(self) -> str:
        """The address of a new, empty database."""
        self._databases += 1
        name = f"d{os.getpid()}_{self._databases}"
        self.execute("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str, user: str = USER, **parameters: str) -> str:
        """The address of a database, for a user."""
        more = "".join(f"&{key}={quote(value, safe='')}" for key, value in parameters.items())
        return f"postgresql://{user}@/{name}?host={self.folder}{more}"

    def execute(self, name: str, *statements: str) -> None:
        """Run statements in a database, as its superuser, each in a transaction of its own."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _run(self, program: str, *argv: str) -> None:
        done = subprocess.run(
            [_program(program), *argv], capture_output=True, text=True, check=False, cwd="/", **self._account
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _program(name: str) -> str:
    """Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    place = str(found[-1]) if found else shutil.which(name)
    assert place, f"PostgreSQL's {name} is missing: make setup, or apt-get install postgresql"
    return place


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """A server that is gone with all its data afterwards. `durable` is whether it waits for the disk."""
    # Not pytest's folder: the path of a socket has at most 107 bytes, and this user must get there.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        server = Server(Path(folder), durable=durable)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
