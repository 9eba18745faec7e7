"""Two sites stand on one machine, and an image is built once."""

from contextlib import closing
from pathlib import Path

import pytest
from checkout import Checkout
from powering import podman
from watching import watched

pytestmark = pytest.mark.prove


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


def test_equal_inputs_make_no_layer_and_one_changed_byte_in_the_lock_does(shared: Checkout) -> None:
    before = images()
    shared.promote("--stage", "dev", expect=0)
    assert images() == before
    shared.openstack("dev", "project", "create", "outlives-its-hosts")
    change_lock(
        shared
    )  # by an image that an older code built on this machine, hosts can't tell what they use of it
    assert set(images()) - set(before), "another lock is another image"
    stood = hosts(shared)
    change_lock(shared)
    now = hosts(shared)
    replaced = {name for name in stood if now[name] != stood[name]}
    uses_openstack = {host["name"] for host in shared.target("dev")["hosts"] if host["tier"] == "coloured"}
    assert replaced == uses_openstack, "a database uses nothing that comes from the lock"
    assert "outlives-its-hosts" in shared.openstack("dev", "project", "list", "-f", "value").out


def change_lock(checkout: Checkout) -> None:
    """Promote a lock with one comment more."""
    checkout.edit("stages/machine/images/locks/2026.1.txt", "alembic==", "#\nalembic==")
    checkout.commit("Change the lock by a comment")
    checkout.promote("--stage", "dev", expect=0)


def hosts(checkout: Checkout) -> dict[str, str]:
    """The id of the container of each host of dev."""
    target = checkout.target("dev")
    prefix = f"sg-{target['site']}-dev-"
    listed = podman("ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}").splitlines()
    found = dict(line.removeprefix(prefix).split() for line in listed if line.startswith(prefix))
    return {host["name"]: found[host["name"]] for host in target["hosts"]}


def images() -> list[str]:
    return sorted(podman("images", "--all", "--quiet", "--no-trunc").split())
