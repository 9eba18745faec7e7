"""A release: a pair of code and config, identified by the digest of both; and canonical JSON for digests."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.errors import UsageProblem
from pipeline.core.stages import StageGraph

SHORT = 12
_SHORTEST_PREFIX = 6


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text.

    Raises TypeError for floats, which have more than one representation as text.
    """
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: object) -> str:
    """The sha256, in hex, of the value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"a digest of a float is not stable: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def release_id(code_digest: str, config_digest: str) -> str:
    """The id of the pair: sha256 in hex of the canonical JSON of both digests."""
    return digest_of({"code": code_digest, "config": config_digest})


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit between two releases."""

    id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Pin:
    """What is pinned: the pair and where it came from.

    `code` and `config` are content digests (sha256 hex); `commit` is the git commit of the code.
    `config_revision` is the commit of the config or, if `config_source` is "directory", its digest.
    """

    code: str
    config: str
    commit: str
    config_revision: str
    config_source: str

    @property
    def id(self) -> str:
        """The release id of this pair."""
        return release_id(self.code, self.config)


@dataclass(frozen=True, slots=True)
class Release:
    """A pinned pair, its alias (`r<N>`, in the order of pinning), and the stages that its config names."""

    alias: str
    pin: Pin
    stages: StageGraph

    @property
    def id(self) -> str:
        """The release id: the digest of (code digest, config digest)."""
        return self.pin.id

    def __str__(self) -> str:
        return f"{self.alias} ({self.id[:SHORT]})"


def find_release(releases: Iterable[Release], name: str) -> Release:
    """The release with this alias, id, or unique prefix of an id.

    Raises UsageProblem when there is none, or more than one.
    """
    known = tuple(releases)
    found = [release for release in known if name in (release.alias, release.id)]
    if not found and len(name) >= _SHORTEST_PREFIX:
        found = [release for release in known if release.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    why = f"{len(found)} releases begin with it" if found else "no such release is pinned in this site"
    raise UsageProblem(f"no release {name!r}", why=why, next="promote releases")
