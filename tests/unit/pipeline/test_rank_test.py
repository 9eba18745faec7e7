"""The rank test against counting by hand, published values, and what must hold of any samples."""

import itertools
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.measures import Change, Measure, compared
from samples.rank_test import at_once, ranked

SMALL = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)
SOME = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


def by_hand(before: list[float], now: list[float]) -> float:
    """The part of all ways to divide the values in which the later ones win at least as often."""

    def wins(one: list[float], other: list[float]) -> float:
        return sum((b > a) + (b == a) / 2 for a in one for b in other)

    pooled = [*before, *now]
    places = range(len(pooled))
    ways = [
        wins([pooled[at] for at in places if at not in chosen], [pooled[at] for at in chosen])
        for chosen in itertools.combinations(places, len(now))
    ]
    return sum(way >= wins(before, now) for way in ways) / len(ways)


@given(SMALL, SMALL)
def test_small_samples_are_counted_exactly_ties_included(before: list[float], now: list[float]) -> None:
    assert ranked(before, now).larger == pytest.approx(by_hand(before, now))


def test_the_least_sizes_that_can_be_sure() -> None:
    # All of three above all of three: one way of twenty. Of four: one of seventy.
    assert ranked([1, 2, 3], [4, 5, 6]).larger == pytest.approx(1 / 20)
    assert ranked([1, 2, 3, 4], [5, 6, 7, 8]).larger == pytest.approx(1 / 70)


def test_samples_that_can_not_be_sure_say_so_where_it_is_approximated_too() -> None:
    for size in (4, 6):
        above = ranked([float(value) for value in range(40)], [100.0 + value for value in range(size)])
        assert above.least == pytest.approx(above.larger)


@given(SOME, SOME)
def test_the_sides_mirror_each_other(before: list[float], now: list[float]) -> None:
    one, other = ranked(before, now), ranked(now, before)
    assert one.larger == pytest.approx(other.smaller)
    assert one.shift == pytest.approx(-other.shift)
    assert 0 <= one.larger <= 1


def test_where_counting_ends_the_approximation_goes_on() -> None:
    chance = random.Random("ranks")  # noqa: S311 - no secret
    before = [round(chance.gauss(10, 2), 1) for _ in range(15)]
    now = [round(chance.gauss(11, 2), 1) for _ in range(15)]
    exact = ranked(before, now).larger
    assert ranked([*before, 10.0], now).larger == pytest.approx(exact, abs=0.02)


def test_equal_values_are_no_difference() -> None:
    assert ranked([1.0] * 20, [1.0] * 20).larger == 1.0


def test_a_sample_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="no rank"):
        ranked([], [1.0])


def test_by_chance_alone_it_is_sure_no_more_often_than_it_says() -> None:
    chance = random.Random("chance")  # noqa: S311 - no secret
    draws = ([chance.gauss(0, 1) for _ in range(30)] for _ in range(600))
    found = [ranked(before, now).larger for before, now in zip(draws, draws, strict=True)]
    assert sum(one < 0.05 for one in found) <= 27  # 15 are expected; more than 27 would be one in a thousand


def test_several_tests_at_once_need_more_each() -> None:
    assert at_once([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert at_once([]) == ()


def test_what_got_worse_is_named_with_how_much_and_how_sure() -> None:
    before = {"gap": Measure(0.5, (1.0, 1.1, 1.2, 1.3, 1.4)), "few": Measure(0.5, (1.0,))}
    now = {"gap": Measure(0.5, (3.0, 3.1, 3.2, 3.3, 3.4)), "few": Measure(0.5, (9.0,))}
    now["new"] = Measure(0, (1.0,))
    gap, few = compared(before, now)
    assert (gap.name, gap.change, gap.before, gap.now) == ("gap", Change.WORSE, 5, 5)
    assert (gap.median_before_s, gap.median_now_s, gap.shift_s) == pytest.approx((1.2, 3.2, 2.0))
    assert gap.sure == pytest.approx(1 - 2 / 252)  # what has too few values does not count
    assert (few.change, few.name) == (Change.TOO_FEW, "few")
    assert [one.change for one in compared(now, before)] == [Change.BETTER, Change.TOO_FEW]


def slower(counts: list[int]) -> list[Change]:
    """What is said of measures with so many values on each side, each of which got four times slower."""
    values = {f"{at:03}": (many, [1 + n / 100 for n in range(many)]) for at, many in enumerate(counts)}
    before = {name: Measure(0.01, tuple(side)) for name, (_, side) in values.items()}
    now = {name: Measure(0.01, tuple(4 * value for value in side)) for name, (_, side) in values.items()}
    found = {one.name: one.change for one in compared(before, now)}
    return [found[name] for name in values]


def test_values_that_are_too_few_beside_so_many_measures_say_nothing() -> None:
    assert slower([6] * 60) == [Change.TOO_FEW] * 60
    assert slower([6]) == [Change.WORSE]


def test_measures_that_prove_nothing_do_not_hide_the_others() -> None:
    assert slower([4, 5, 6] * 20) == [Change.TOO_FEW, Change.TOO_FEW, Change.WORSE] * 20
    # All of thirty are sure first, so less is asked of the rest.
    assert slower([6] * 22 + [30] * 20) == [Change.WORSE] * 42


@pytest.mark.parametrize(
    ("values", "why"),
    [((1.3, 1.31, 1.32, 1.33, 1.34, 1.35), "below the least"), ((2.1, 0.9, 1.9, 1.0, 1.2, 1.1), "not sure")],
)
def test_a_difference_that_is_small_or_may_be_chance_is_none(values: tuple[float, ...], why: str) -> None:
    before = {"gap": Measure(0.5, (1.0, 1.01, 1.02, 1.03, 1.04, 1.05))}
    (found,) = compared(before, {"gap": Measure(0.5, values)})
    assert found.change is Change.SAME, why


@given(st.dictionaries(st.sampled_from("abcd"), SOME), st.dictionaries(st.sampled_from("abcd"), SOME))
def test_both_ways_round_say_the_opposite(
    before: dict[str, list[float]], now: dict[str, list[float]]
) -> None:
    sides = [{name: Measure(0.1, tuple(values)) for name, values in side.items()} for side in (before, now)]
    there = {one.name: one for one in compared(sides[0], sides[1])}
    back = {one.name: one for one in compared(sides[1], sides[0])}
    turned = {Change.WORSE: Change.BETTER, Change.BETTER: Change.WORSE}
    assert {name: one.change for name, one in there.items()} == {
        name: turned.get(one.change, one.change) for name, one in back.items()
    }
    assert all(one.median_now_s == statistics.median(now[name]) for name, one in there.items())
