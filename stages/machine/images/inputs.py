"""Reads the inputs of the host image: files of the code, and the OpenStack release."""

import json
from pathlib import Path

from stages.design.accounts import ACCOUNTS, table
from stages.errors import UnknownOpenStack
from stages.machine.images.image_inputs import ImageInputs
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
