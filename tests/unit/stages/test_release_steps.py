"""From one OpenStack release to which others upstream supports a step, and what a plan says of the others."""

from dataclasses import replace

import pytest
from stage_sample import all_well, altered, blueprint, wanted, with_planes

from stages.design.blueprint import Colour
from stages.machine.images import releases
from stages.openstack.releases import Release, Releases
from stages.planning.order import make

SHIPPED = releases.read()
NAMES = [release.name for release in SHIPPED.known]
SUPPORTED = [(before, after) for before in NAMES for after in NAMES if SHIPPED.supports(before, after)]
RUNNING = "2026.1"


def test_every_release_has_a_lock_that_names_the_six_projects() -> None:
    assert set(SHIPPED.locked) == set(NAMES)
    assert all(set(versions) == set(releases.PROJECTS) for versions in SHIPPED.locked.values())


def test_supported_are_the_next_release_and_from_slurp_to_slurp() -> None:
    assert SUPPORTED == [
        ("2025.1", "2025.2"),
        ("2025.1", "2026.1"),
        ("2025.2", "2026.1"),
        ("2026.1", "2026.2"),
    ]


@pytest.mark.parametrize(("before", "after"), SUPPORTED)
def test_the_migrations_of_every_supported_step_are_reviewed(before: str, after: str) -> None:
    assert SHIPPED.refusals(before, after) == ()


def planned(after: str, known: Releases = SHIPPED, before: str = RUNNING) -> tuple[str, ...]:
    """What a plan says for a stage that runs one release when another is asked for."""
    well = all_well()
    seen = altered(well, *well.hosts, openstack=before)
    drawn = with_planes(blueprint(), {Colour.BLUE: after})
    made = make(drawn, seen, replace(wanted(), releases=known))
    assert made.steps == ()
    return made.refusals


def test_no_host_gets_another_release_in_place() -> None:
    (refusal,) = planned("2026.2")
    assert refusal.startswith("prod runs OpenStack 2026.1, the release asks for 2026.2: ")
    assert "no host gets another release in place" in refusal
    assert "(blue/green)" in refusal


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "2026.1",
            "2025.2",
            ["no project can downgrade its database", "(next: restore openstack in config/stagegate.yaml"],
        ),
        ("2026.1", "2024.9", ["2024.9 is no OpenStack release", "restore openstack"]),
        (
            "2025.1",
            "2026.2",
            ["no step from 2025.1 to 2026.2", "SLURP", "(next: go by way of 2026.1: one promotion each)"],
        ),
        # No way is known to a release without a lock.
        ("2025.2", "2027.1", ["no step from 2025.2 to 2027.1", "(next: restore openstack in config"]),
    ],
)
def test_another_step_is_refused_with_the_reason_and_what_to_do_instead(
    before: str, after: str, told: list[str]
) -> None:
    (refusal,) = planned(after, before=before)
    assert [part for part in told if part not in refusal] == []


def test_a_way_of_several_steps_is_the_one_with_the_fewest() -> None:
    known = tuple(Release(f"{year}.{half}", half == 1) for year in (2025, 2026, 2027) for half in (1, 2))
    (refusal,) = Releases(known).refusals("2025.1", "2027.2")
    assert refusal.next == "go by way of 2026.1, then 2027.1: one promotion each"


def test_a_step_that_nobody_has_reviewed_is_refused_with_the_file_and_the_command() -> None:
    unreviewed, later = planned("2026.2", replace(SHIPPED, reviews=()))
    assert "nobody has reviewed what the migrations from 2026.1 to 2026.2 drop" in unreviewed
    assert "python -m stages.machine.schema_review 2026.1 2026.2" in unreviewed
    assert "stages/machine/images/reviews/2026.1-2026.2.toml" in unreviewed
    assert "in place" in later


def test_an_operation_that_is_not_reviewed_and_one_that_is_stale_refuse_the_plan() -> None:
    (review,) = [one for one in SHIPPED.reviews if (one.before, one.after) == ("2026.1", "2026.2")]
    (found,) = [one for one in review.scripts if one.operations]
    blank = replace(found, read="0" * 64, operations=(replace(found.operations[0], reviewed=" "),))
    stale, unread, _ = planned("2026.2", replace(SHIPPED, reviews=(replace(review, scripts=(blank,)),)))
    assert "scripts have changed since they were reviewed: neutron a00aa97899c0" in stale
    assert "nobody has reviewed that neutron a00aa97899c0 line 38 tightens" in unread


def test_versions_that_the_review_did_not_read_refuse_the_plan() -> None:
    newer = {**SHIPPED.locked, "2026.2": {**SHIPPED.locked["2026.2"], "nova": "34.9.9"}}
    stale, _ = planned("2026.2", replace(SHIPPED, locked=newer))
    assert "2026.2 nova 34.0.0, not 34.9.9" in stale
