"""What a real image tells of its packages, and a plan that sees data of another version series.

The images are the standing one with other labels, and the host is a container that is never started: what
counts is what podman says of them.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import Checkout
from powering import podman

from stages.machine import secrets
from stages.machine.images import inputs
from stages.machine.images.turn import turn
from stages.machine.site import Site
from stages.machine.substrates.image import packages_label

pytestmark = pytest.mark.lab

OLD, FIXED, NEW = "1:10.11.11-0+deb12u1", "1:10.11.99-0+deb12u1", "1:11.4.2-1"


@dataclass(frozen=True)
class Planned:
    """A clone of which nothing stands but what a test makes; its lock is its own, and so is its image."""

    checkout: Checkout
    standing: str  # the image of another site's hosts
    digest: str  # of the clone's inputs
    site: str
    folder: Path

    def image(self, version: str, made_from: str) -> str:
        """The standing image with labels that tell this version, for these inputs; returns its name."""
        name = f"localhost/stagegate-{self.site}/host:{made_from[:16]}"
        self.drop(name)
        labels = {"inputs": made_from, "base": made_from, "packages": f"mariadb-server={version}"}
        words = [word for key, told in labels.items() for word in ("--label", f"stagegate.{key}={told}")]
        (self.folder / "Containerfile").write_text(f"FROM {self.standing}\n")
        podman("build", "--quiet", *words, "--tag", name, str(self.folder))
        return name

    def host(self, version: str) -> None:
        """A stopped database-1, in place of any other, from an image that tells this version."""
        podman("rm", "--force", "--ignore", self.container)
        labels = {"site": self.site, "stage": "dev", "host": "database-1", "role": "database"}
        words = [word for key, value in labels.items() for word in ("--label", f"stagegate.{key}={value}")]
        image = self.image(version, "of-the-host")
        podman("create", "--network", "none", *words, "--name", self.container, image, "/sbin/init")

    @property
    def container(self) -> str:
        return f"sg-{self.site}-dev-database-1"

    def refusals(self, version: str) -> list[str]:
        """Why `promote plan` refuses, if the image to deploy tells this version."""
        self.image(version, self.digest)
        document = self.checkout.promote("plan", "--stage", "dev", "-o", "json").document
        assert document["steps"] or document["refusals"], "the host has another image, and is replaced"
        # The machine may be short of memory besides.
        return [reason for reason in document["refusals"] if "mariadb-server" in reason]

    def clear(self) -> None:
        """Remove what was made, whether or not a site was."""
        podman("rm", "--force", "--ignore", self.container)
        self.drop(f"localhost/stagegate-{self.site}/")

    @staticmethod
    def drop(prefix: str) -> None:
        """Remove the images whose names begin so; one that only lost its name would stay.

        In turn: podman fails to list images while another process removes one.
        """
        with turn(print):
            for name in podman("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
                if name.startswith(prefix):
                    podman("rmi", "--force", name)


@pytest.fixture
def clone(shared: Checkout, tmp_path: Path) -> Iterator[Planned]:
    with closing(Checkout("series").fresh().small().with_smoke_alone()) as checkout:
        checkout.edit("stages/machine/images/locks/2026.1.txt", "alembic==", "# series\nalembic==")
        checkout.commit("A lock of its own")
        read = inputs.read("2026.1", checkout.path / "stages/machine/images", checkout.path / "stages/roles")
        site = Site.at(checkout.site)
        secrets.ensure(site, "dev", (), {})  # its stage was made from here
        made = Planned(checkout, image_of(shared), read.digest, site.id, tmp_path)
        made.clear()  # what a killed run left
        try:
            yield made
        finally:
            made.clear()


def image_of(checkout: Checkout) -> str:
    """The id of the image of dev's database-1."""
    name = f"sg-{checkout.target('dev')['site']}-dev-database-1"
    return podman("inspect", "--format", "{{.Image}}", name).strip()


def test_a_plan_refuses_a_newer_and_an_older_series_over_data_and_no_fix(clone: Planned) -> None:
    clone.host(OLD)
    assert clone.refusals(FIXED) == []
    (newer,) = clone.refusals(NEW)
    assert newer.startswith(f"database: the image has mariadb-server {NEW}, and database-1 data of {OLD}")
    clone.host(NEW)
    (older,) = clone.refusals(OLD)
    assert older.startswith(f"database: the image has mariadb-server {OLD}, and database-1 data of {NEW}")


def test_the_label_of_a_build_tells_what_the_image_s_own_record_tells(shared: Checkout) -> None:
    names = inputs.read("2026.1").packages
    record = shared.ssh("dev", "database-1", "cat /usr/share/stagegate/debian-packages")
    recorded = dict(line.split() for line in record.splitlines())
    told = packages_label(image_of(shared), names).split()
    assert sorted(told) == sorted(f"{name}={recorded[name]}" for name in names)
