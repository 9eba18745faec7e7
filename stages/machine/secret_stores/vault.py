"""Secrets in a key-value engine, version 1 or 2, of a Vault or OpenBao server."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import hvac
from hvac.exceptions import VaultError

from stages.machine.secret_stores.retried import asked_again, told_on_stderr
from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault_errors import DENIED, STATUS, explained
from stages.machine.secret_stores.vault_login import address, log_in, namespace, proof
from stages.machine.secret_stores.vault_session import VaultSession

WITHIN_S = 10.0
_LOGIN = "vault login, or start the job again"

Data = Mapping[str, Any]


class Vault:
    """A place is `MOUNT/PATH#KEY`. A path is read once, and the login is made once, for all keys.

    The server is that of VAULT_ADDR, VAULT_NAMESPACE and VAULT_CACERT, as for Vault's own programs.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        within: float = WITHIN_S,
        *,
        again: Callable[[str], None] = told_on_stderr,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environment = environment
        self._again = again  # gets a line for each try that is followed by another one
        self._sleep = sleep
        self._is_away = False
        self._within = within  # seconds, for the connection and between two parts of an answer
        self._client: hvac.Client | None = None
        self._known: dict[str, Data] = {}

    def read(self, place: str) -> str | Unread:
        """Return the value of a key, which must be text."""
        path, _, key = place.partition("#")
        if path not in self._known:
            found = self._asked(path)
            if isinstance(found, Unread):
                return found
            self._known[path] = found
        if key not in self._known[path]:
            return Unread(f"there is no key {key}")
        value = self._known[path][key]
        if not isinstance(value, str):
            return Unread(f"the value of {key} is not text")
        return value or Unread(f"the value of {key} is empty")

    def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            self._client.adapter.close()

    def _asked(self, path: str) -> Data | Unread:
        client = self._logged_in()
        if isinstance(client, Unread):
            return client
        # Which engine is there, and of which version, is told to all who may read below it.
        mount = self._data(client, f"sys/internal/ui/mounts/{path}")
        if isinstance(mount, Unread):
            return mount
        engine = str(mount.get("path", ""))
        if mount.get("type") not in ("kv", "generic") or not path.startswith(engine):
            return Unread(f"{engine or path} is not a key-value engine", "vault secrets list")
        if (mount.get("options") or {}).get("version") != "2":
            return self._data(client, path)
        data = self._data(client, f"{engine}data/{path.removeprefix(engine)}")
        if isinstance(data, Unread):
            return data
        return data.get("data") or Unread("its newest version was deleted")

    def _data(self, client: hvac.Client, path: str) -> Data | Unread:
        found = self._answer(client, lambda: client.read(path))
        if found == DENIED:
            # Vault says the same of a token that it does not know (any more), and one that may not.
            own = self._answer(client, client.auth.token.lookup_self)
            if own == DENIED:
                return Unread("the token has expired, was revoked, or may do nothing at all", _LOGIN)
            if isinstance(own, Unread):
                return own
            return Unread("no policy of the token allows it to be read", "vault token lookup")
        if isinstance(found, Unread):
            return found
        if found is None:
            return Unread("there is nothing, or its newest version was deleted")
        data = found.get("data") if isinstance(found, dict) else None
        return data if isinstance(data, dict) else Unread("what answers is not Vault", STATUS)

    def _logged_in(self) -> hvac.Client | Unread:
        if self._client is not None:
            return self._client
        where, proved = address(self._environment), proof(self._environment)
        within = namespace(self._environment)
        if isinstance(where, Unread):
            return where
        if isinstance(within, Unread):
            return within
        if isinstance(proved, Unread):
            return proved
        session = VaultSession()
        session.verify = self._environment.get("VAULT_CACERT") or True
        client = hvac.Client(
            url=where,
            token="",  # none yet; without it, the library would look for one by itself
            verify=session.verify,
            session=session,
            timeout=self._within,
            namespace=within or None,
        )
        done = self._answer(client, lambda: log_in(client, proved))
        if isinstance(done, Unread):
            client.adapter.close()
            return done
        self._client = client
        return client

    def _answer(self, client: hvac.Client, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - Vault's JSON
        """What a call answers, or why it did not, after another try or two if that is likely to pass.

        A server that stays away is not waited for again: what else is to be read would be as late.
        """

        def tried() -> Any:  # noqa: ANN401 - Vault's JSON
            try:
                return call()
            except (VaultError, OSError) as error:
                return explained(error, client.url, self._within)
            except (ValueError, KeyError, TypeError):  # the library's errors for an answer of another form
                return Unread("what answers is not Vault", STATUS)

        if self._is_away:
            return tried()
        found = asked_again(tried, self._again, self._sleep)
        self._is_away = isinstance(found, Unread) and found.transient
        return found
