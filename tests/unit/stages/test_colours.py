"""Which colour a release is about follows from what stands; nothing else decides it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from standing_colours import BLUE, BY_BLUE, BY_GREEN, GREEN, HALFWAY, NEW, OLD, SERVICES, THIRD, runs

from stages.design.blueprint import Colour
from stages.design.colours import Beside, Colours, Standing, choose, read, whichever
from stages.design.parts import Refused


def chosen(
    wanted: str, *standing: Mapping[Colour, Standing], shares: Mapping[str, Colour] | None = None
) -> Colours:
    there = {colour: one for each in standing for colour, one in each.items()}
    found = choose(wanted, there, SERVICES, [shares] if shares else [])
    assert isinstance(found, Colours)
    return found


def refused(
    wanted: str, *standing: Mapping[Colour, Standing], shares: Mapping[str, Colour] | None = None
) -> str:
    there = {colour: one for each in standing for colour, one in each.items()}
    found = choose(wanted, there, SERVICES, [shares] if shares else [])
    assert isinstance(found, Refused)
    return found.what


def test_a_new_stage_is_blue() -> None:
    assert chosen(NEW) == Colours(BLUE)


@pytest.mark.parametrize("colour", Colour)
def test_the_one_that_stands_and_runs_the_release_is_its_own(colour: Colour) -> None:
    assert chosen(NEW, runs(colour, NEW, NEW)) == Colours(colour)


def test_hosts_that_do_not_tell_their_release_are_replaced_in_place() -> None:
    assert chosen(NEW, runs(BLUE, "", "")) == Colours(BLUE)


@pytest.mark.parametrize(("stands", "free"), [(BLUE, GREEN), (GREEN, BLUE)])
@pytest.mark.parametrize("other", [OLD, THIRD])
def test_another_release_rises_in_the_free_colour_beside_the_one_that_answers_all(
    stands: Colour, free: Colour, other: str
) -> None:
    found = chosen(NEW, runs(stands, other))
    assert found.own is free
    assert found.beside == Beside(stands, other, (f"identity-{stands.value}-1",))
    assert found.served == ("identity", "image")


@pytest.mark.parametrize(
    ("shares", "served"),
    [(BY_BLUE, ("identity", "image")), (BY_BLUE | {"image": GREEN}, ("identity",)), (BY_GREEN, ())],
    ids=["not-begun", "halfway", "done"],
)
def test_an_upgrade_goes_on_where_load_balancers_are(
    shares: Mapping[str, Colour], served: tuple[str, ...]
) -> None:
    found = chosen(NEW, runs(BLUE, OLD), runs(GREEN, NEW), shares=shares)
    assert (found.own, found.served) == (GREEN, served)


@pytest.mark.parametrize(
    ("shares", "served"),
    [(BY_BLUE, ()), (BY_BLUE | {"image": GREEN}, ("image",)), (BY_GREEN, ("identity", "image"))],
)
def test_and_is_taken_back_by_the_release_from_before(
    shares: Mapping[str, Colour], served: tuple[str, ...]
) -> None:
    found = chosen(OLD, runs(BLUE, OLD), runs(GREEN, NEW), shares=shares)
    assert (found.own, found.served) == (BLUE, served)
    assert found.beside == Beside(GREEN, NEW, ("identity-green-1",))


def test_a_third_release_finds_no_free_colour() -> None:
    said = refused(THIRD, runs(BLUE, OLD), runs(GREEN, NEW), shares=BY_GREEN)
    assert "neither runs OpenStack 2026.2: blue runs 2025.2, green runs 2026.1" in said


def test_nobody_guesses_which_of_two_serves() -> None:
    assert "no load balancer tells" in refused(NEW, runs(BLUE, OLD), runs(GREEN, NEW))


def test_what_to_do_then_is_in_a_section_that_there_is() -> None:
    found = choose(NEW, {**runs(BLUE, OLD), **runs(GREEN, NEW)}, SERVICES, [])
    assert isinstance(found, Refused)
    _, section, _ = found.next.split("'")
    assert f"\n## {section}\n" in (Path(__file__).parents[3] / "docs/operate.md").read_text()


def test_of_two_with_the_same_release_the_one_that_serves_is_its_own() -> None:
    assert chosen(NEW, runs(BLUE, NEW), runs(GREEN, NEW), shares=BY_GREEN).own is GREEN
    assert chosen(NEW, runs(BLUE, NEW), runs(GREEN, NEW), shares=BY_BLUE).own is BLUE


@pytest.mark.parametrize(("wanted", "other"), [(NEW, BLUE), (OLD, GREEN)])
@pytest.mark.parametrize("told", [[HALFWAY, BY_BLUE], [BY_BLUE, HALFWAY]])
def test_a_service_of_which_load_balancers_differ_has_not_changed_over(
    wanted: str, other: Colour, told: list[Mapping[str, Colour]]
) -> None:
    found = choose(wanted, {**runs(BLUE, OLD), **runs(GREEN, NEW)}, SERVICES, told)
    assert isinstance(found, Colours)
    assert found.served == (("identity", "image") if other is BLUE else ("image",))


@pytest.mark.parametrize(
    "colours",
    [
        Colours(),
        Colours(GREEN),
        Colours(GREEN, Beside(BLUE, OLD, ("identity-blue-1",)), ("identity",)),
        Colours(GREEN, Beside(BLUE, NEW, ("identity-blue-1",)), ("identity",), returns=True),
    ],
)
def test_an_action_carries_them_and_nothing_where_the_first_colour_stands_alone(colours: Colours) -> None:
    assert read(colours.to_json()) == colours
    assert bool(colours.to_json()) is (colours != Colours())


def test_services_change_over_by_name() -> None:
    found = chosen(NEW, runs(BLUE, OLD)).without(("image",))
    assert found.served == ("identity",)
    assert found.without(("identity",)).served == ()


@pytest.mark.parametrize(
    ("standing", "own", "beside"),
    [
        ((), BLUE, ()),
        ((runs(GREEN, NEW),), GREEN, ()),
        ((runs(BLUE, OLD),), GREEN, ("identity-blue-1",)),
        ((runs(BLUE, OLD), runs(GREEN, NEW, NEW)), GREEN, ("identity-blue-1",)),
        ((runs(BLUE, NEW), runs(GREEN, OLD, NEW)), BLUE, ("identity-green-1", "identity-green-2")),
        ((runs(BLUE, OLD), runs(GREEN, THIRD)), BLUE, ("identity-green-1",)),
    ],
)
def test_each_host_that_stands_is_of_either_colour_whoever_serves(
    standing: tuple[Mapping[Colour, Standing], ...], own: Colour, beside: tuple[str, ...]
) -> None:
    there = {colour: one for each in standing for colour, one in each.items()}
    found = whichever(NEW, there)
    assert (found.own, found.beside.hosts if found.beside else ()) == (own, beside)
    assert found.served == ()
