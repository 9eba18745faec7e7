"""Which colour a release is about follows from what stands; nothing else decides it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from stages.design.blueprint import Colour
from stages.design.colours import OTHER, Beside, Colours, Match, Standing, choose, read, whichever
from stages.design.parts import Refused
from stages.design.strategy import Strategy

OLD, NEW, THIRD = "2025.2", "2026.1", "2026.2"
BLUE, GREEN = Colour.BLUE, Colour.GREEN
SERVICES = ("image", "identity")
BY_BLUE, BY_GREEN = dict.fromkeys(SERVICES, BLUE), dict.fromkeys(SERVICES, GREEN)
HALFWAY = BY_BLUE | {"image": GREEN}


def runs(colour: Colour, *releases: str) -> dict[Colour, Standing]:
    """A colour with a host for each of these releases."""
    hosts = {f"identity-{colour.value}-{number}": release for number, release in enumerate(releases, 1)}
    return {colour: Standing(hosts)}


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


ROLLING, BLUE_GREEN = Strategy.ROLLING, Strategy.BLUE_GREEN
WHOLE, PART, UNTOLD, DIFFERS = Match.WHOLE, Match.PART, Match.UNTOLD, Match.DIFFERS


def matched(strategy: Strategy, serves: Colour, **matches: Match) -> Colours | Refused:
    """The colours of a release whose OpenStack these colours run, with how they match what it asks for."""
    there: dict[Colour, Standing] = {}
    for name, match in matches.items():
        colour = Colour(name)
        there[colour] = replace(runs(colour, NEW)[colour], match=match)
    return choose(NEW, there, SERVICES, [dict.fromkeys(SERVICES, serves)], strategy)


@pytest.mark.parametrize("colour", Colour)
@pytest.mark.parametrize(
    ("strategy", "match", "stays"),
    [
        (ROLLING, DIFFERS, True),
        (BLUE_GREEN, WHOLE, True),
        (BLUE_GREEN, PART, True),
        (BLUE_GREEN, UNTOLD, True),
        (BLUE_GREEN, DIFFERS, False),
    ],
)
def test_one_colour_alone_is_changed_in_place_or_another_one_rises_beside_it(
    colour: Colour,
    strategy: Strategy,
    match: Match,
    stays: bool,  # noqa: FBT001 - a row of the table
) -> None:
    found = matched(strategy, colour, **{colour.value: match})
    if stays:
        assert found == Colours(colour)
    else:
        beside = Beside(colour, NEW, (f"identity-{colour.value}-1",))
        assert found == Colours(OTHER[colour], beside, ("identity", "image"))


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize(
    ("blue", "green", "own"),
    [
        (DIFFERS, WHOLE, GREEN),  # it goes on where it is, or took over
        (WHOLE, DIFFERS, BLUE),  # it is rolled back
        (PART, DIFFERS, BLUE),
        (UNTOLD, WHOLE, GREEN),
    ],
)
@pytest.mark.parametrize("serves", Colour)
def test_of_two_that_run_the_release_the_one_is_its_own_that_is_what_it_asks_for(
    strategy: Strategy, blue: Match, green: Match, own: Colour, serves: Colour
) -> None:
    found = matched(strategy, serves, blue=blue, green=green)
    assert isinstance(found, Colours)
    assert found.own is own
    assert found.served == (() if own is serves else ("identity", "image"))


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("serves", Colour)
@pytest.mark.parametrize(("serving", "held"), [(PART, WHOLE), (PART, PART), (WHOLE, PART)])
def test_clients_stay_where_they_are_though_a_host_of_that_colour_is_silent(
    strategy: Strategy, serves: Colour, serving: Match, held: Match
) -> None:
    found = matched(strategy, serves, **{serves.value: serving, OTHER[serves].value: held})
    assert isinstance(found, Colours)
    assert (found.own, found.served) == (serves, ())


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("match", [WHOLE, PART])
@pytest.mark.parametrize("by", [BY_BLUE, BY_GREEN])
@pytest.mark.parametrize(("wanted", "own"), [(OLD, BLUE), (NEW, GREEN)])
def test_of_two_openstack_releases_the_one_that_is_asked_for_has_its_colour_whoever_serves(
    strategy: Strategy, match: Match, by: Mapping[str, Colour], wanted: str, own: Colour
) -> None:
    """Only that one's hosts are asked what they recorded."""
    there = runs(BLUE, OLD) | runs(GREEN, NEW)
    there[own] = replace(there[own], match=match)
    found = choose(wanted, there, SERVICES, [by], strategy)
    assert isinstance(found, Colours)
    assert found.own is own


@pytest.mark.parametrize("serves", Colour)
@pytest.mark.parametrize(
    ("strategy", "own_match", "other_match", "stays"),
    [
        (ROLLING, DIFFERS, DIFFERS, True),
        (ROLLING, DIFFERS, UNTOLD, True),
        (BLUE_GREEN, DIFFERS, DIFFERS, False),
        (BLUE_GREEN, DIFFERS, UNTOLD, False),
        (BLUE_GREEN, UNTOLD, UNTOLD, True),
        (BLUE_GREEN, UNTOLD, DIFFERS, True),
        (BLUE_GREEN, WHOLE, WHOLE, True),
        (BLUE_GREEN, PART, PART, True),
    ],
)
def test_of_two_that_are_both_something_else_the_strategy_says_which(
    serves: Colour,
    strategy: Strategy,
    own_match: Match,
    other_match: Match,
    stays: bool,  # noqa: FBT001 - a row of the table
) -> None:
    other = OTHER[serves]
    found = matched(strategy, serves, **{serves.value: own_match, other.value: other_match})
    assert isinstance(found, Colours)
    assert found.own is (serves if stays else other)


def test_no_colour_is_free_for_a_change_while_one_is_the_way_back_to_another_openstack_release() -> None:
    green = {GREEN: replace(runs(GREEN, NEW)[GREEN], match=DIFFERS)}
    there = runs(BLUE, OLD) | green
    found = choose(NEW, there, SERVICES, [BY_GREEN], BLUE_GREEN)
    assert isinstance(found, Refused)
    assert "blue would have to become what the release asks for, since green serves" in found.what
    assert found.next == "retire blue, or write strategy: rolling for this change"
    for told, strategy in ((BY_GREEN, ROLLING), (BY_BLUE, BLUE_GREEN), (HALFWAY, BLUE_GREEN)):
        going_on = choose(NEW, there, SERVICES, [told], strategy)
        assert isinstance(going_on, Colours)
        assert going_on.own is GREEN


@pytest.mark.parametrize("told", [[HALFWAY], [BY_GREEN, HALFWAY], [BY_BLUE, HALFWAY]])
def test_no_colour_is_changed_by_another_release_while_clients_are_on_both(
    told: list[Mapping[str, Colour]],
) -> None:
    """A change over ended halfway, and so did its rollback."""
    there = {**runs(BLUE, NEW), **runs(GREEN, NEW)}
    there = {colour: replace(one, match=DIFFERS) for colour, one in there.items()}
    found = choose(NEW, there, SERVICES, told, BLUE_GREEN)
    assert isinstance(found, Refused)
    assert "both colours answer clients, and neither is what the release asks for" in found.what
    assert found.next == "promote rollback, or promote the release that one of them has"
    for has, strategy in ((BLUE, BLUE_GREEN), (GREEN, BLUE_GREEN), (None, ROLLING)):
        either = there if has is None else there | {has: replace(there[has], match=WHOLE)}
        going_on = choose(NEW, either, SERVICES, told, strategy)
        assert isinstance(going_on, Colours)
        assert has in (None, going_on.own)
