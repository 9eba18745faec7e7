"""Keystone's keys on all hosts, compared by digest."""

import hashlib
from collections.abc import Mapping

from suites.errors import ReadingFailed
from suites.hosts.reading import Observation

KINDS = ("fernet-keys", "credential-keys")
# Only digests leave the host; a key has 256 random bits, so its digest reveals nothing.
SCRIPT = f"cd /etc/keystone && find {' '.join(KINDS)} -type f | sort | xargs -r sha256sum"
SHORT = 8

Keys = Mapping[str, str]


def parse(text: str) -> Keys:
    """Parse the digests of a host's keys; return them by path. Raises ReadingFailed."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        digest, separator, path = line.partition("  ")
        if not separator:
            raise ReadingFailed("the list of keys can't be parsed", why=repr(line))
        found[path] = digest
    return found


def equal(keys: Mapping[str, Keys]) -> Observation:
    """Say whether all hosts have the same keys of each kind, at least one."""
    told, wrong = [], []
    for kind in KINDS:
        by_host = {host: _of_kind(those, kind) for host, those in keys.items()}
        shown = {host: _short(those) for host, those in by_host.items()}
        wrong += [f"{host} has no {kind}" for host, those in by_host.items() if not those]
        if len(set(shown.values())) > 1:
            wrong.append(f"{kind}: " + ", ".join(f"{digest} on {host}" for host, digest in shown.items()))
        told.append(f"{kind} {next(iter(shown.values()), 'nowhere')}")
    return Observation(holds=not wrong and bool(keys), seen="; ".join(wrong or told))


def _of_kind(keys: Keys, kind: str) -> Keys:
    return {path: digest for path, digest in keys.items() if path.startswith(f"{kind}/")}


def _short(keys: Keys) -> str:
    whole = "".join(f"{path} {keys[path]}\n" for path in sorted(keys))
    return hashlib.sha256(whole.encode()).hexdigest()[:SHORT]
