"""Two sites stand on one machine, and an image is built once."""

from contextlib import closing
from pathlib import Path

import pytest
from checkout import Checkout
from powering import podman
from watching import watched

pytestmark = pytest.mark.lab


def test_destroying_one_site_leaves_nothing_of_it_and_costs_the_other_nothing(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    with closing(Checkout("other").fresh().small().with_smoke_alone()) as other:
        other.promote("--stage", "dev", expect=0)
        name = other.target("dev")["site"]
        assert podman("ps", "--quiet", "--filter", f"label=stagegate.site={name}") != ""
        with watched(staging_target, tmp_path) as client:
            other.promote("lab", "down", expect=0)
        assert {probe: client.ended(probe) for probe in client.failed} == {"sql-new": [], "sql-kept": []}
        left = [
            line
            for listing in (("ps", "--all"), ("network", "ls"), ("volume", "ls"), ("images", "--all"))
            for line in podman(*listing).splitlines()
            if name in line
        ]
        assert left == []
        assert not Path(f"/run/stagegate-{name}").exists()
    standing = f"label=stagegate.site={shared.target('dev')['site']}"
    assert podman("ps", "--all", "--filter", standing, "--quiet") != ""


@pytest.mark.prove
def test_equal_inputs_make_no_layer_and_one_changed_byte_in_the_lock_does(shared: Checkout) -> None:
    before = images()
    shared.promote("--stage", "dev", expect=0)
    assert images() == before
    shared.openstack("dev", "project", "create", "outlives-its-hosts")
    lock = "stages/machine/images/locks/2026.1.txt"
    shared.edit(lock, "alembic==", "#\nalembic==")
    shared.commit("Change the lock by a comment")
    shared.promote("--stage", "dev", expect=0)
    assert set(images()) - set(before), "another lock is another image"
    assert "outlives-its-hosts" in shared.openstack("dev", "project", "list", "-f", "value").out


def images() -> list[str]:
    return sorted(podman("images", "--all", "--quiet", "--no-trunc").split())
