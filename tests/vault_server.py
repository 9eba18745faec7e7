"""A server that speaks Vault's protocol, OpenBao, for tests: in memory, with TLS, on this machine alone."""

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hvac

_WITHIN_S = 60
_ROOT = "root-token-5d1e"
_MAY = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in ("two/*", "team/one/*"))


class Server:
    """Engines are at two/ (version 2), team/one/ (version 1), and in the namespace `apart` at two/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"https://127.0.0.1:{_free_port()}"
        self.certificate = folder / "vault-ca.pem"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it can be asked."""
        argv = [str(Path(sys.executable).with_name("bao")), "server", "-dev", "-dev-tls"]
        argv += [f"-dev-tls-cert-dir={self.folder}", "-dev-no-store-token", f"-dev-root-token-id={_ROOT}"]
        argv += [f"-dev-listen-address={self.url.removeprefix('https://')}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                argv, stdout=log, stderr=log, env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
            )
        until = time.monotonic() + _WITHIN_S
        while "Unseal Key:" not in self._log.read_text():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        self._prepare()

    def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_WITHIN_S)

    @contextmanager
    def root(self, namespace: str | None = None) -> Iterator[Any]:
        """A client that may do everything; the library has no types."""
        client = hvac.Client(url=self.url, token=_ROOT, verify=str(self.certificate), namespace=namespace)
        try:
            yield client
        finally:
            client.adapter.close()

    def environment(self, **more: str) -> dict[str, str]:
        """How the server is found, without a proof."""
        return {"VAULT_ADDR": self.url, "VAULT_CACERT": str(self.certificate), "HOME": "/nowhere", **more}

    def token(self, namespace: str | None = None, **parts: object) -> str:
        """A new token of a reader, who may read the engines."""
        with self.root(namespace) as client:
            made = client.auth.token.create(**{"policies": ["reader"], "ttl": "1h", **parts})
            return str(made["auth"]["client_token"])

    def put(self, path: str, values: dict[str, object], namespace: str | None = None) -> None:
        """Write values at a path below an engine."""
        with self.root(namespace) as client:
            if path.startswith("two/"):
                own = path.removeprefix("two/")
                client.secrets.kv.v2.create_or_update_secret(own, values, mount_point="two")
            else:
                own = path.removeprefix("team/one/")
                client.secrets.kv.v1.create_or_update_secret(own, values, mount_point="team/one")

    @contextmanager
    def sealed(self) -> Iterator[None]:
        """Meanwhile, the server is sealed."""
        found = re.search(r"Unseal Key: (\S+)", self._log.read_text())
        assert found
        with self.root() as client:
            client.sys.seal()
            try:
                yield
            finally:
                client.sys.submit_unseal_key(found[1])

    def _prepare(self) -> None:
        with self.root() as client:
            client.sys.create_or_update_policy("reader", _MAY)
            client.sys.enable_secrets_engine("kv", path="two", options={"version": "2"})
            client.sys.enable_secrets_engine("kv", path="team/one", options={"version": "1"})
            client.sys.enable_secrets_engine("transit", path="transit")
            client.sys.enable_auth_method("approle")
            client.sys.enable_auth_method("jwt", path="gitlab")
            client.write("sys/namespaces/apart")
        with self.root("apart") as client:
            client.sys.create_or_update_policy("reader", _MAY)
            client.sys.enable_secrets_engine("kv", path="two", options={"version": "2"})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone with all its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="vault-") as folder:
        server = Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
