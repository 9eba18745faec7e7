"""The inputs of a host image as values, and their digest. It knows no role: they are read beside it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stages.design.accounts import Account

SUITE = "bookworm"
# Of what the build copies: what only the OpenStack environment and its schemas are made from.
OF_OPENSTACK = ("find-plugins", "make-schemas", "schema-dump", "schemas.json")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # of this machine; they may include a proxy's CA


@dataclass(frozen=True, slots=True)
class ImageInputs:
    """The inputs of one image. If the digests are equal, there is no need to build again."""

    openstack: str
    packages: tuple[str, ...]  # Debian packages of all roles, sorted
    accounts: tuple[Account, ...]  # made before any package is installed, so that their numbers are free
    lock: str  # the text of the OpenStack release's lock
    context: tuple[tuple[str, str], ...]  # (file name, text) of what the build copies

    @property
    def root_digest(self) -> str:
        """SHA-256 in hex of the root file system's inputs."""
        return _digest(SUITE, *self.packages, self.passwd, self.group)

    @property
    def passwd(self) -> str:
        """What is added to /etc/passwd."""
        return "".join(f"{account.passwd}\n" for account in self.accounts)

    @property
    def group(self) -> str:
        """What is added to /etc/group."""
        return "".join(f"{account.group}\n" for account in self.accounts)

    @property
    def base_digest(self) -> str:
        """SHA-256 in hex of all inputs but those of OpenStack: all that other roles use of the image."""
        files = [text for pair in self.context if pair[0] not in OF_OPENSTACK for text in pair]
        return _digest(self.root_digest, *files)

    @property
    def digest(self) -> str:
        """SHA-256 in hex of all inputs."""
        files = [text for pair in self.context for text in pair]
        return _digest(self.root_digest, self.openstack, self.lock, *files)


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode())
        digest.update(part.encode())
    return digest.hexdigest()
