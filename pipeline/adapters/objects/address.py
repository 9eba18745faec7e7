"""The address of a store: `file:///folder`, or `s3://bucket/prefix?endpoint=…` with references to secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pipeline.adapters.references import is_reference, named, resolved
from pipeline.adapters.surroundings import STORE, STORE_SECRETS
from pipeline.core.errors import UsageProblem

NEXT = "docs/operate.md, 'A store for several machines'"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
_SENDABLE = re.compile(r"[!-~]+")  # in the headers of a request, as all keys of S3 are
_PLAIN = ("endpoint", "region", "ca_bundle")


@dataclass(frozen=True, slots=True)
class FolderAddress:
    """A folder of this machine, or one that it mounts."""

    path: Path

    @property
    def shown(self) -> str:
        """For messages."""
        return self.path.as_uri()


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket of S3.

    `prefix` is empty or ends with a slash. `endpoint`, `region` and `ca_bundle`, a file, are empty where the
    library's own are meant; so are the `references`, by the parameter.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    ca_bundle: str
    references: Mapping[str, str]

    @property
    def shown(self) -> str:
        """For messages: it has no secret."""
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}{at}"

    def secrets(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """What is referred to, by the parameter.

        Raises UsageProblem for a reference that names nothing, or no key that a request can have.
        """
        try:
            found = {name: resolved(text, environment) for name, text in self.references.items()}
        except ValueError as problem:
            raise unusable(str(problem)) from None
        for name, secret in found.items():
            if not _SENDABLE.fullmatch(secret):
                place = named(self.references[name])
                raise unusable(f"its {name} refers to {place}, whose value has blanks, or more than ASCII")
        return found


def parse(url: str) -> FolderAddress | BucketAddress:
    """The address that this URL is.

    Raises UsageProblem if it is none, or has a secret itself. The message repeats no part of it, since a
    secret may be anywhere in a URL that is wrong.
    """
    try:
        parts = urlsplit(url, allow_fragments=False)
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise unusable("it cannot be read as a URL") from None
    if parts.scheme == "file":
        return _folder(parts)
    if parts.scheme == "s3":
        return _bucket(parts, given)
    raise unusable("it begins neither with file:/// nor with s3://")


def _folder(parts: SplitResult) -> FolderAddress:
    path = Path(unquote(parts.path))
    if parts.netloc or parts.query or not path.is_absolute():
        raise unusable("of a folder it is file:// and an absolute path")
    return FolderAddress(path)


def _bucket(parts: SplitResult, given: list[tuple[str, str]]) -> BucketAddress:
    found = dict(given)
    if len(found) < len(given) or not found.keys() <= {*_PLAIN, *STORE_SECRETS}:
        raise unusable(f"its parameters are {', '.join([*_PLAIN, *STORE_SECRETS])}, each once")
    if not _BUCKET.fullmatch(parts.netloc):
        raise unusable("after s3:// it has the name of a bucket, without user, password and port")
    references = {name: found[name] for name in STORE_SECRETS if name in found}
    for name, text in references.items():
        if not is_reference(text):
            raise unusable(f"it has a {name}; refer to it instead: {name}=env:NAME or {name}=file:/path")
    if ("access_key" in found) != ("secret_key" in found) or (
        "session_token" in found and "access_key" not in found
    ):
        raise unusable("access_key and secret_key come together, and session_token with them")
    prefix = unquote(parts.path).strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise unusable("its prefix has characters that S3 advises against")
    return BucketAddress(
        parts.netloc,
        f"{prefix}/" if prefix else "",
        _endpoint(found.get("endpoint", "")),
        found.get("region", ""),
        found.get("ca_bundle", ""),
        references,
    )


def _endpoint(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise unusable("its endpoint cannot be read as a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise unusable("its endpoint is http:// or https:// with a host, without user and password")
    return text.rstrip("/")


def unusable(why: str) -> UsageProblem:
    """That the address cannot be used. `why` repeats no part of it that may be a secret."""
    return UsageProblem(f"the address in {STORE} cannot be used", why=why, next=NEXT)
