"""What is made in the lab carries its site and stage as labels, and only what carries them is taken down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stage_sample import IMAGE, SITE, blueprint

from stages.errors import LeaseLost, ProgramFailed
from stages.machine.site import Site
from stages.machine.substrates import podman
from stages.machine.substrates.fence import Lease
from stages.requests.lab import down

if TYPE_CHECKING:
    from pathlib import Path

    from podman_stand_in import Podman

DATA = "/var/lib/mysql"


@pytest.fixture
def free(tmp_path: Path) -> Lease:
    """The lease of a stage that nobody ever held."""
    return Lease(0, tmp_path / "prod.json")


def test_taking_a_stage_down_keeps_the_data_of_one_whose_name_begins_like_it(
    lab: Podman, free: Lease
) -> None:
    gone = podman.keep(SITE, "prod", "database-1", DATA, free)
    kept = podman.keep(SITE, "prod-eu", "database-1", DATA, free)
    assert podman.demolish(SITE, "prod", free.check) == [gone]
    assert set(lab.kept["volumes"]) == {kept}


def test_taking_a_site_down_keeps_the_data_of_others(lab: Podman, free: Lease) -> None:
    podman.keep(SITE, "prod", "database-1", DATA, free)
    kept = podman.keep("77ab01", "prod", "database-1", DATA, free)
    podman.demolish(SITE, None, free.check)
    assert set(lab.kept["volumes"]) == {kept}


def test_a_volume_that_is_there_is_taken_as_it_is(lab: Podman, free: Lease) -> None:
    names = {podman.keep(SITE, "prod", "database-1", DATA, free) for _ in range(2)}
    assert len(names) == 1
    assert lab.calls.count("volume create") == 1


def test_a_name_that_somebody_takes_meanwhile_stands(lab: Podman, free: Lease) -> None:
    host = blueprint().host("database-1")
    lab.put(taken=[podman.container(SITE, "prod", host.name)])
    with pytest.raises(ProgramFailed, match="already in use"):
        podman.create(blueprint(), host, IMAGE, (), free)
    assert podman.exists(SITE, "prod", host.name)
    podman.create(blueprint(), host, IMAGE, (), free)
    assert "stagegate.host=database-1" in lab.kept["containers"][podman.container(SITE, "prod", host.name)]


def test_a_stage_that_was_given_on_is_not_taken_down_even_halfway(lab: Podman, tmp_path: Path) -> None:
    site = Site.at(tmp_path / "site")
    lease = Lease(12, site.lease_record("prod"))
    lease.record.parent.mkdir()
    lease.record.write_text('{"token": 12}')
    lab.stands(site.id, "prod", database_1="10.1.1.2")
    podman.keep(site.id, "prod", "database-1", DATA, lease)
    before = lab.kept["containers"], lab.kept["volumes"]
    for tokens in ({}, {"prod": 11}):
        for stage in ("prod", None):
            with pytest.raises(LeaseLost):
                down(site, stage, tokens, print)
    assert (lab.kept["containers"], lab.kept["volumes"]) == before
    assert len(down(site, "prod", {"prod": 12}, print)) == 2
    assert (lab.kept["containers"], lab.kept["volumes"]) == ({}, {})
