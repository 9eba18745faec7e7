"""The address of a config repository, and apart from it its credentials: they reach git as variables.

Every user of a machine can read the arguments of its processes, and git writes addresses into messages and
files. So git gets the address without credentials, and asks for them when the server wants some.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem

_BEGINS = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*|[^/@]+@[^/:]+:", re.IGNORECASE)
_WEB = re.compile(
    r"(?P<scheme>https?|ftps?)://(?:(?P<login>[^/]*)@)?(?P<rest>[^/@]*(?:/.*)?)", re.IGNORECASE | re.DOTALL
)
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[^:/@\[\]]+)(?::\d*)?(?:/.*)?", re.IGNORECASE | re.DOTALL)
# The program that git asks; its text is an argument, so it has the names of the variables alone.
_ASKED = (
    '!answer() { [ "$1" = get ] && '
    'printf \'username=%s\\npassword=%s\\n\' "$STAGEGATE_GIT_USER" "$STAGEGATE_GIT_PASSWORD"; }; answer'
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a repository is, without credentials; `user` and `password` are None if it had none."""

    url: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def variables(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """The variables that give git the credentials, beside the settings already in `environment`."""
        host = "/".join(self.url.split("/", 3)[:3])
        if self.user is None:
            return {}
        if self.password is None:
            return _settings(environment, [(f"credential.{host}.username", self.user)])
        # An empty helper removes the user's own: they neither answer instead nor store what was given here.
        settings = [("credential.helper", ""), (f"credential.{host}.helper", _ASKED)]
        given = {"STAGEGATE_GIT_USER": self.user, "STAGEGATE_GIT_PASSWORD": self.password}
        return {**_settings(environment, settings), **given}


def parse_address(location: str) -> Address:
    """Take an address apart. Raises UsageProblem for credentials that could not be kept secret."""
    match = _WEB.fullmatch(location)
    if match is None:
        if without_credentials(location) != location:
            raise _refused(location, "it has a password or a query, and is not of http or https")
        return Address(location)
    if _HOST.fullmatch(match["rest"]) is None:
        raise _refused(location, "its host or port is malformed (a / in a password is written %2F)")
    if "?" in location:
        raise _refused(
            location,
            "it has a query, which git would show to every user of this machine; git has credential helpers",
        )
    user, colon, password = (match["login"] or "").partition(":")
    address = Address(
        f"{match['scheme']}://{match['rest']}",
        unquote(user) if user or colon else None,
        unquote(password) if colon else None,
    )
    if set("\n\r\0") & set(f"{address.user}{address.password}"):
        raise _refused(location, "its user or password has a line break")
    return address


def split_revision(config: str) -> tuple[str, str | None]:
    """Split `PATH-or-url[@rev]`; the @ in `git@host:` or `https://user@host/` belongs to the address."""
    begins = _BEGINS.match(config)
    at = config.rfind("@", begins.end() if begins else 0)
    if at < 0 or ("://" not in config and Path(config).exists()):
        return config, None
    return config[:at], config[at + 1 :]


def _settings(environment: Mapping[str, str], settings: list[tuple[str, str]]) -> Mapping[str, str]:
    first = int(environment.get("GIT_CONFIG_COUNT") or 0)
    pairs = {
        name: value
        for number, (key, setting) in enumerate(settings, first)
        for name, value in ((f"GIT_CONFIG_KEY_{number}", key), (f"GIT_CONFIG_VALUE_{number}", setting))
    }
    return {**pairs, "GIT_CONFIG_COUNT": str(first + len(settings))}


def _refused(location: str, why: str) -> UsageProblem:
    shown = without_credentials(location)
    return UsageProblem(
        "this address of a config repository cannot be used",
        where=shown,
        why=why,
        next=f"git ls-remote {shlex.quote(shown)}",
    )
