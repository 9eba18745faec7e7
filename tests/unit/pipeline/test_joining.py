"""What shards of a gate prove together: a pass only of all that was asked, each once, on what is there."""

import random
from dataclasses import replace

import pytest

from pipeline.core.causes import causes_of
from pipeline.core.events import ShardJudged, ShardStarted
from pipeline.core.joining import Joined, join
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.reliance import Reach, Reliance
from pipeline.core.shard import Shard
from pipeline.core.shard_reports import Shards, at_work, judged, left_behind, reports, started
from pipeline.core.verdict import Evidence, Finding, Verdict

ROSTER = Roster(
    tuple(RosterEntry(name, host, "healthy") for name in ("a", "b", "c") for host in ("one", "two")), 60, "d"
)
INPUTS = {"a/healthy": "1", "b/healthy": "2", "c/healthy": "3"}


def passed(part: Roster) -> Evidence:
    return Evidence(Verdict.PASS, (), len(part.entries), len(part.entries))


def no(verdict: Verdict) -> Evidence:
    return Evidence(verdict, (Finding(verdict, "a", "one", "healthy", "it was red"),), 1, 2)


def report(number: int, count: int = 3, **more: object) -> ShardJudged:
    shard = Shard(number, count)
    part = shard.of(ROSTER)
    inputs = {entry.name: INPUTS[entry.name] for entry in part.entries}
    told = ShardJudged("p1", "smoke", shard, 1, passed(part), part, "ab", inputs)
    return replace(told, **more)


def joined(*told: ShardJudged) -> Joined:
    return join(ROSTER, INPUTS, told)


def left(found: Joined) -> set[str]:
    return {entry.name for entry in found.rest(ROSTER).entries}


@pytest.mark.parametrize("count", range(1, 8))
def test_the_shards_of_a_gate_are_the_whole_of_it_and_share_nothing(count: int) -> None:
    parts = [Shard(number, count).of(ROSTER) for number in range(1, count + 1)]

    assert sorted((entry for part in parts for entry in part.entries), key=str) == sorted(
        ROSTER.entries, key=str
    )
    assert all(part.partial for part in parts)
    for component in "abc":
        assert sum(any(entry.component == component for entry in part.entries) for part in parts) == 1


def test_shards_are_about_as_large_as_each_other_whatever_the_order_of_the_roster() -> None:
    sizes = {"a": 6, "b": 3, "c": 2, "d": 1}
    entries = [RosterEntry(name, str(host), "k") for name, size in sizes.items() for host in range(size)]
    roster = replace(ROSTER, entries=tuple(entries))
    backwards = replace(ROSTER, entries=tuple(reversed(entries)))

    for number in (1, 2):
        part = Shard(number, 2).of(roster)
        assert len(part.entries) == 6
        assert set(part.entries) == set(Shard(number, 2).of(backwards).entries)


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "1 / 3", "a/b", "1/1000"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="shard"):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert str(Shard.parse("2/13")) == "2/13"


def test_all_shards_together_are_a_pass_of_the_whole_roster() -> None:
    found = joined(report(1), report(2), report(3))

    assert left(found) == set()
    assert found.whole(ROSTER, Evidence(Verdict.PASS, (), 0, 0)) == Evidence(Verdict.PASS, (), 6, 6)


def test_what_a_missing_shard_was_to_see_is_left_and_is_no_pass_unless_it_is_run() -> None:
    found = joined(report(1), report(3))

    assert left(found) == {"b/healthy"}
    assert found.whole(ROSTER, None).verdict is Verdict.INCONCLUSIVE
    assert found.whole(ROSTER, no(Verdict.FAIL)).verdict is Verdict.FAIL
    assert found.whole(ROSTER, passed(Shard(2, 3).of(ROSTER))).verdict is Verdict.PASS


def test_without_any_report_all_is_left() -> None:
    assert joined().rest(ROSTER) is ROSTER
    assert joined().whole(ROSTER, None).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_one_shard_that_does_not_pass_decides_and_is_not_run_again(verdict: Verdict) -> None:
    found = joined(report(1, evidence=no(verdict)), report(2), report(3))

    assert found.decided
    whole = found.whole(ROSTER, None)
    assert (whole.verdict, whole.passed, whole.wanted) == (verdict, 5, 6)
    assert whole.findings == no(verdict).findings


def test_what_one_shard_found_may_be_the_cause_of_what_another_found() -> None:
    rests = Reliance(dict.fromkeys("abc", ("one", "two")), rests_on={"a": {"c": Reach.OWN}})
    places = (("a", "one"), ("a", "two"), ("c", "two"))
    red = [Finding(Verdict.FAIL, *where, "healthy", "red") for where in places]
    parts = [Evidence(Verdict.FAIL, (found,), 1, 2, reliance=rests) for found in red]
    told = [report(number, evidence=part) for number, part in enumerate(parts, 1)]
    causes = causes_of(joined(*told).whole(ROSTER, None))
    assert {one.finding: one.consequences for one in causes} == {red[2]: (red[1],), red[0]: ()}


def test_a_failure_counts_though_its_shard_was_about_something_else() -> None:
    other = replace(ROSTER, definition="another")
    assert joined(report(1, evidence=no(Verdict.FAIL), roster=other)).decided


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("defined otherwise", {"roster": replace(Shard(1, 3).of(ROSTER), definition="another")}),
        ("is not asked for", {"roster": replace(ROSTER, entries=(RosterEntry("z", "one", "k"),) * 2)}),
        ("without all", {"evidence": Evidence(Verdict.PASS, (), 1, 2)}),
        ("rests on something else", {"inputs": {"a/healthy": "another"}}),
        ("rests on something else", {"inputs": {}}),
    ],
)
def test_a_pass_of_something_else_does_not_count_and_its_checks_are_run_again(
    why: str, more: dict[str, object]
) -> None:
    if why == "is not asked for":
        more = {**more, "evidence": Evidence(Verdict.PASS, (), 1, 1)}
    found = joined(report(1, **more), report(2), report(3))

    assert [why in reason for reason in found.why_not] == [True]
    assert "a/healthy" in left(found)
    assert not found.decided


def test_two_reports_of_one_shard_prove_nothing() -> None:
    found = joined(report(1), replace(report(1), number=2), report(2), report(3))

    assert found.decided
    assert found.whole(ROSTER, None).verdict is Verdict.INCONCLUSIVE
    assert "a/healthy" in found.whole(ROSTER, None).findings[0].seen


def begun(number: int, count: int = 3, start: int = 1) -> ShardStarted:
    return ShardStarted("p1", "smoke", Shard(number, count), start, f"runs/p1/{number}-{start}", "r", "plan")


def test_a_shard_reports_once_for_its_last_start() -> None:
    shards: Shards = judged(started({}, begun(1)), report(1))

    assert reports(shards, "smoke") == (report(1),)
    assert at_work(shards) == ()
    for again in (lambda: started(shards, begun(1, start=2)), lambda: judged(shards, report(1))):
        with pytest.raises(ValueError, match=r"judged|reported"):
            again()


def test_a_killed_shard_may_begin_again_and_its_first_start_reports_no_more() -> None:
    shards = started(started({}, begun(1)), begun(1, start=2))

    assert at_work(shards) == (("smoke", Shard(1, 3)),)
    with pytest.raises(ValueError, match="not the last"):
        judged(shards, report(1))
    assert reports(judged(shards, replace(report(1), number=2)), "smoke") == (replace(report(1), number=2),)


def test_a_gate_is_divided_in_one_way() -> None:
    with pytest.raises(ValueError, match="in 3 shards, not in 2"):
        started(started({}, begun(1)), begun(1, count=2))


def test_a_report_that_was_never_begun_or_comes_too_late_is_refused() -> None:
    with pytest.raises(ValueError, match="not the last"):
        judged({}, report(1))
    with pytest.raises(ValueError, match="went on without it"):
        judged(left_behind(started({}, begun(1))), report(1))


def test_what_shards_have_reported_stays_when_the_attempt_goes_on() -> None:
    shards = left_behind(judged(started(started({}, begun(1)), begun(2)), report(1)))

    assert reports(shards, "smoke") == (report(1),)
    assert at_work(shards) == ()


def drawn(seed: int) -> tuple[list[ShardJudged], set[int], bool]:
    """Reports of some shards, the numbers of those that are a pass of this gate, and whether all may pass."""
    rng = random.Random(seed)  # noqa: S311 - drawn cases, no secrets
    count = rng.randint(1, 5)
    told: list[ShardJudged] = []
    sound, may = set(), True
    for number in range(1, count + 1):
        one = report(number, count)
        match rng.choice(["pass", "pass", "pass", "none", "other", "old", "red", "twice"]):
            case "pass":
                told.append(one)
                sound.add(number)
            case "other":
                told.append(replace(one, roster=replace(one.roster, definition="another")))
            case "old":
                told.append(replace(one, inputs=dict.fromkeys(one.inputs, "another")))
                if not one.roster.entries:  # nothing of it is old
                    sound.add(number)
            case "red":
                told.append(replace(one, evidence=no(rng.choice([Verdict.FAIL, Verdict.INCONCLUSIVE]))))
                may = False
            case "twice":
                told += [one, replace(one, number=2)]
                sound.add(number)
                may = may and not one.roster.entries
            case _:
                pass
    rng.shuffle(told)
    return told, sound, may


@pytest.mark.parametrize("seed", range(300))
def test_whatever_shards_report_a_pass_is_one_of_every_entry_and_of_each_once(seed: int) -> None:
    told, sound, may = drawn(seed)
    found = join(ROSTER, INPUTS, told)
    rest = found.rest(ROSTER).entries
    settled = {
        entry
        for number in sound
        for one in told
        if one.shard.number == number
        for entry in one.roster.entries
    }

    assert found.entries == settled
    assert set(rest) == set(ROSTER.entries) - settled
    assert found.decided is not may
    whole = found.whole(ROSTER, None if found.decided else Evidence(Verdict.PASS, (), len(rest), len(rest)))
    assert (whole.verdict is Verdict.PASS) is may
    if may:
        assert whole.passed == whole.wanted == len(ROSTER.entries)
    red = found.whole(ROSTER, None if found.decided else no(Verdict.FAIL))
    assert red.verdict is not Verdict.PASS
