"""The inputs of the host image (files of the code, and the OpenStack release) and their digest."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from stages.design.accounts import ACCOUNTS, Account, table
from stages.errors import UnknownOpenStack
from stages.roles import ROLES as NAMES
from stages.roles import load

HERE = Path(__file__).parent
ROLES = HERE.parents[1] / "roles"
CONTEXT = (
    "Containerfile",
    "00-stagegate.preset",
    "check-accounts",
    "sshd.conf",
    "find-plugins",
    "make-schemas",
    "schema-dump",
)
SUITE = "bookworm"
# Of what the build copies: what only the OpenStack environment and its schemas are made from.
OF_OPENSTACK = ("find-plugins", "make-schemas", "schema-dump", "schemas.json")


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


def read(openstack: str, here: Path = HERE, roles: Path = ROLES) -> ImageInputs:
    """The inputs for an OpenStack release such as "2026.1".

    Raises UnknownOpenStack if there is no lock for it.
    """
    lock = here / "locks" / f"{openstack}.txt"
    if not lock.exists():
        known = ", ".join(sorted(path.stem for path in lock.parent.glob("*.txt")))
        raise UnknownOpenStack(
            f"there is no lock for OpenStack {openstack}",
            where="config/stagegate.yaml",
            why=f"locked are: {known}",
            next="add it to stages/machine/images/releases.toml, then: stages/machine/images/lock.sh",
        )
    return ImageInputs(
        openstack=openstack,
        packages=_packages([here / "root-packages.txt", *sorted(roles.glob("*/debian.txt"))]),
        accounts=tuple(ACCOUNTS.values()),
        lock=lock.read_text(),
        context=(
            *((name, (here / name).read_text()) for name in CONTEXT),
            ("schemas.json", schemas()),
            ("accounts", table()),
        ),
    )


def schemas() -> str:
    """The schemas of all roles, as the image's make-schemas reads them."""
    found = [schema.to_json() for name in NAMES for schema in load(name).schemas]
    return json.dumps(found, indent=1) + "\n"


def python_versions(lock: str) -> dict[str, str]:
    """The versions that a lock in requirements format pins, by distribution name."""
    pins = (line.split(";")[0].rstrip(" \\") for line in lock.splitlines() if line[:1].isalnum())
    return dict(pin.split("==") for pin in (pin.strip() for pin in pins) if "==" in pin)


def _packages(files: list[Path]) -> tuple[str, ...]:
    lines = (line.strip() for file in files for line in file.read_text().splitlines())
    return tuple(sorted({line for line in lines if line and not line.startswith("#")}))


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode())
        digest.update(part.encode())
    return digest.hexdigest()
