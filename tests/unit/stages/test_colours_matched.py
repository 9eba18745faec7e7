"""Which colour a release is about where hosts tell whether they are as it wants them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from standing_colours import BLUE, BY_BLUE, BY_GREEN, GREEN, HALFWAY, NEW, OLD, SERVICES, runs

from stages.design.blueprint import Colour
from stages.design.colours import OTHER, Beside, Colours, Match, Standing, choose
from stages.design.parts import Refused
from stages.design.strategy import Strategy

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
