"""Ways to a stage in which something stands that its verified release needs no more."""

from dataclasses import replace

from desk import Desk, green

from pipeline.core.follow_ups import FollowUp

OLD = ("old-1", "old-2")
WEEK = FollowUp("retire", 7 * 86400)


def with_old(desk: Desk) -> Desk:
    """Beside the release that stands in dev is what it needs no more."""
    world, standing = desk.bench.world, desk.bench.shop().history().stage("dev").standing or ""
    world.stages["dev"] |= dict.fromkeys(OLD, "1")
    world.recipes[standing] = replace(world.recipes[standing], retires=OLD)
    world.calls.clear()
    return desk


def in_a_week(desk: Desk) -> list[str]:
    """A first release is verified, of which the plan says that a week later something is to be retired."""
    command = green(desk)
    (first,) = desk.bench.world.recipes
    desk.bench.world.recipes[first] = replace(desk.bench.world.recipes[first], follow_up=WEEK)
    return command


def to_retire(desk: Desk) -> list[str]:
    """A first release is verified, and after the command that lists it, something is to be retired."""
    desk(*green(desk))
    with_old(desk)
    return ["releases"]
