"""What a gate sees of two colours follows from its leg, and from who answers clients."""

from dataclasses import replace

import pytest
from lab_of_two import two
from stage_sample import OPENSTACK, blueprint

from stages.design import views
from stages.design.blueprint import Blueprint, Colour, Tier
from stages.design.views import View, other, view
from stages.planning.takeover import Part

LEGS = ("shared", "expand", "build", "cut-over", "back", "cut-over-again", "follow", "another", None)


def services(drawn: Blueprint) -> list[str]:
    coloured = (role for role in drawn.roles.values() if role.tier is Tier.COLOURED)
    return [service.name for role in coloured for service in role.services]


ALL = tuple(services(blueprint("whole-prod")))


def seen(drawn: Blueprint) -> dict[str | None, View]:
    return {leg: view(drawn, leg) for leg in LEGS}


def test_the_legs_are_those_that_plans_have() -> None:
    assert [part.leg for part in Part] == [
        views.SHARED,
        views.EXPAND,
        views.BUILD,
        views.CUT_OVER,
        views.BACK,
        views.CUT_OVER_AGAIN,
        views.FOLLOW,
    ]


def test_until_hosts_outside_the_control_plane_follow_they_may_run_the_release_before() -> None:
    assert {part.leg for part in Part if part < Part.FOLLOW} == views.BEFORE_FOLLOW


def test_a_colour_alone_is_all_there_is_to_see() -> None:
    assert set(seen(blueprint("whole-prod")).values()) == {View.OWN}


def test_before_the_cut_over_the_one_that_answers_is_seen_but_for_the_gates_of_what_was_built() -> None:
    assert seen(two(*ALL)) == {
        "shared": View.OTHER,
        "expand": View.OTHER,
        "build": View.PREVIEW,
        "cut-over": View.OWN,
        "back": View.OTHER,
        "cut-over-again": View.OWN,
        "follow": View.OWN,
        "another": View.OTHER,
        None: View.OTHER,
    }


def test_after_it_the_own_one_is_seen_and_by_its_preview_only_where_it_is_built() -> None:
    assert seen(two()) == dict.fromkeys(LEGS, View.OWN) | {"build": View.PREVIEW}


@pytest.mark.parametrize("served", [ALL[:1], ALL[1:]])
def test_in_the_midst_of_it_the_other_is_seen_only_where_it_must_live_with_what_changed(
    served: tuple[str, ...],
) -> None:
    found = seen(two(*served))
    assert {leg for leg in found if found[leg] is View.OTHER} == {"shared", "expand"}


def test_a_service_that_the_other_colour_never_had_does_not_count() -> None:
    drawn = two(*(name for name in ALL if name != "image"))
    assert drawn.beside is not None
    without = replace(drawn.beside, hosts=tuple(host for host in drawn.beside.hosts if host.role != "image"))
    assert view(drawn, None) is View.OWN
    assert view(replace(drawn, beside=without), None) is View.OTHER


def test_from_the_other_side_its_hosts_are_the_stage_with_those_of_no_colour() -> None:
    drawn = two(*ALL)
    seen_so = other(drawn)
    colours = {host.colour for host in seen_so.hosts}
    assert colours == {None, Colour.BLUE}
    assert {host for host in seen_so.hosts if not host.colour} == {
        host for host in drawn.hosts if not host.colour
    }
    assert {one.openstack for one in seen_so.planes} == {"", OPENSTACK}, "those outside run its release, too"
    assert (seen_so.colour, seen_so.served) == (Colour.BLUE, {})
    assert {*seen_so.reachable} == {*drawn.reachable}


def test_a_colour_alone_has_no_other_side() -> None:
    with pytest.raises(ValueError, match="one colour alone"):
        other(blueprint())
