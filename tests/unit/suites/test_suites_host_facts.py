import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from suites_sample import Answering, FakeHost, Read, Recorded

from suites.components.haproxy.component import COMPONENT as HAPROXY
from suites.errors import ReadingFailed, TargetUnusable
from suites.faults.drills import Drilled, close_drills, read_drills, write_drill
from suites.harness.component import Component, Ignored
from suites.hosts import reading
from suites.hosts.host import Output
from suites.hosts.reading import Observation, Reading, look
from suites.readings import journal, packages
from suites.seam.target import Target

DEPLOYED = datetime(2026, 11, 22, 16, tzinfo=UTC)
SETTLED = DEPLOYED.replace(minute=1)


@pytest.fixture
def target(read: Read, target_document: dict[str, Any]) -> Target:
    times = {"deployed_at": DEPLOYED.isoformat(), "settled_at": SETTLED.isoformat()}
    return read(target_document | times)


def component(*ignored: str, errors: tuple[str, ...] = ()) -> Component:
    return Component(
        name="galera",
        healthy=lambda _: (),
        units=("mariadb.service",),
        of_use=lambda _: Observation(holds=True, seen="of use"),
        errors=errors,
        ignored=tuple(Ignored(re.compile(pattern), "harmless in a test", 9) for pattern in ignored),
    )


def test_only_errors_since_the_deployment_count_and_each_once(recorded: Recorded, target: Target) -> None:
    lines = journal.parse(recorded("journal.jsonl"))
    assert [line.text for line in lines] == [
        "an error before the deployment",
        "2026-11-22 16:00:05 0 [ERROR] WSREP: gone",
        "not \ufffd text",
    ]
    observation = journal.judge(component(), lines, target)
    assert not observation.holds
    assert observation.seen.startswith("2 errors since the deployment, the first at 16:00:05 by mariadbd: ")


def test_a_pattern_must_match_the_whole_line(recorded: Recorded, target: Target) -> None:
    lines = journal.parse(recorded("journal.jsonl"))
    assert not journal.judge(component("WSREP: gone", "not . text"), lines, target).holds
    all_of_it = component(r".* \[ERROR\] WSREP: gone", "not . text")
    assert journal.judge(all_of_it, lines, target).seen.endswith("2 ignored with a reason")


@pytest.mark.parametrize(
    ("code", "harmless"), [("143 (Terminated)", True), ("139 (Segmentation fault)", False)]
)
def test_only_a_worker_of_haproxy_that_was_told_to_end_is_no_error(
    code: str, target: Target, *, harmless: bool
) -> None:
    """Seen: a release that changed HAProxy's unit failed in smoke, and so did the rollback from it."""
    text = f"[ALERT]    (42) : Current worker (44) exited with code {code}"
    line = journal.Line(DEPLOYED, "haproxy", text)
    assert journal.judge(HAPROXY, (line,), target).holds == harmless


def test_what_is_expected_while_deploying_is_an_error_afterwards(recorded: Recorded, target: Target) -> None:
    lines = journal.parse(recorded("journal.jsonl"))
    expected = Ignored(
        re.compile(r".* \[ERROR\] WSREP: gone|not . text"), "it comes back", 9, while_deploying=True
    )
    meanwhile = replace(component(), ignored=(expected,))
    assert journal.judge(meanwhile, lines, target).holds
    assert not journal.judge(meanwhile, lines, replace(target, settled_at=DEPLOYED)).holds


def test_what_was_done_on_purpose_is_no_error_unless_it_may_not_be_over(
    recorded: Recorded, target: Target
) -> None:
    lines = journal.parse(recorded("journal.jsonl"))
    over, killed = Drilled(DEPLOYED, DEPLOYED.replace(hour=17)), Drilled(DEPLOYED)
    assert journal.judge(component(), lines, target, (over,)).holds
    assert not journal.judge(component(), lines, target, (killed,)).holds
    earlier = Drilled(DEPLOYED.replace(hour=14), DEPLOYED.replace(hour=15))
    assert not journal.judge(component(), lines, target, (earlier,)).holds


def test_drills_are_kept_beside_the_target_and_one_that_ended_replaces_its_begin(tmp_path: Path) -> None:
    beside = tmp_path / "target.json"
    assert read_drills(beside) == ()
    killed, begun = Drilled(DEPLOYED), Drilled(SETTLED)
    for drill in (killed, begun, replace(begun, end=SETTLED.replace(minute=5))):
        write_drill(beside, drill)
    assert read_drills(beside) == (killed, Drilled(SETTLED, SETTLED.replace(minute=5)))
    assert (tmp_path / "drills.json").stat().st_mode & 0o077 == 0
    close_drills(beside, SETTLED)
    assert read_drills(beside)[0] == Drilled(DEPLOYED, SETTLED)
    (tmp_path / "drills.json").write_text("[{}]")
    with pytest.raises(TargetUnusable, match="delete the file"):
        read_drills(beside)


def test_a_pattern_that_matches_nothing_is_a_no_and_an_older_line_uses_one(recorded: Recorded) -> None:
    lines = journal.parse(recorded("journal.jsonl"))
    used = journal.all_used(component("an error before the deployment", "never seen"), lines)
    assert (used.holds, used.seen) == (False, "ignored patterns that match nothing: 'never seen'")
    assert journal.all_used(component("an error before the deployment"), lines).holds


def test_patterns_are_asked_for_at_a_stages_first_deployment_alone(
    read: Read, target_document: dict[str, Any]
) -> None:
    new, grown = (read(target_document | {"new": new}) for new in (True, False))
    whole = {"database-1": new.deployed_at, "database-2": new.settled_at}
    assert journal.gone(new, whole) == ""
    assert journal.gone(grown, whole) == "the stage was there before this deployment"
    again = whole | {"database-2": new.settled_at.replace(minute=59)}
    assert journal.gone(new, again) == "database-2 started again since the deployment"


def test_a_journal_begins_with_its_first_line(recorded: Recorded) -> None:
    text = recorded("journal.jsonl")
    assert journal.begins(text) == min(line.at for line in journal.parse(text))
    with pytest.raises(ReadingFailed, match="the journal is empty"):
        journal.begins("")


def test_a_pattern_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="has no reason"):
        Ignored(re.compile("x"), " ", 1)
    with pytest.raises(ValueError, match="is bounded by 0"):
        Ignored(re.compile("x"), "harmless", 0)


def test_errors_are_looked_for_by_priority_and_by_the_words_of_the_component() -> None:
    assert "--grep" not in journal.script(component())
    script = journal.script(component(errors=(r"\[ERROR\]", "^Traceback")))
    assert "-p err" in script
    assert r"'(?:\[ERROR\])|(?:^Traceback)'" in script


@pytest.mark.parametrize("text", ["nonsense", "{}", "7"])
def test_a_journal_that_can_not_be_parsed_is_an_error_not_silence(text: str) -> None:
    with pytest.raises(ReadingFailed):
        journal.parse(text)


def test_versions_must_be_exactly_the_wanted_ones() -> None:
    assert packages.compare("packages", {"a": "1"}, {"a": "1"}).seen == "1 packages as wanted"
    assert packages.compare("packages", {"a": "2"}, {"a": "1"}).seen == "1 packages differ: a is 2, wanted 1"
    assert "b is missing, wanted 1" in packages.compare("packages", {}, {"b": "1"}).seen
    assert "b is 1, wanted not there" in packages.compare("packages", {"a": "1", "b": "1"}, {"a": "1"}).seen
    assert not packages.compare("packages", {}, {}).holds
    many = packages.compare("packages", {}, dict.fromkeys("abcdef", "1"))
    assert many.seen.endswith("and 3 more")


def test_versions_of_an_image_from_before_are_not_known_but_there_must_be_some() -> None:
    found = packages.from_before("packages", {"a": "1"})
    assert (found.holds, found.seen[:35]) == (True, "1 packages of the image from before")
    assert not packages.from_before("packages", {}).holds


def test_package_lists_are_read_apart() -> None:
    installed, recorded = packages.debian("a 1\nb 2\n---\na 1\n")
    assert (dict(installed), dict(recorded)) == ({"a": "1", "b": "2"}, {"a": "1"})
    for broken in ("a 1\n", "a\n---\n"):
        with pytest.raises(ReadingFailed):
            packages.debian(broken)


def test_python_distributions_are_compared_under_normalised_names() -> None:
    assert packages.normalised({"Oslo.Config": "1", "a_b": "2"}) == {"oslo-config": "1", "a-b": "2"}


def test_own_packages_must_be_installed() -> None:
    assert packages.owned(("a",), {"a": "1"}).seen == "a 1"
    assert packages.owned(("a", "b"), {"a": "1"}).seen == "not installed: b"


def test_units_are_well_when_all_are_active_and_the_address_answers() -> None:
    names, url = ("a.service", "b.service"), "http://127.0.0.1/"
    assert reading.judge_units(names, None, Output(0, "active\nactive\n", "")).holds
    assert reading.judge_units(names, url, Output(0, "active\nactive\n---\n200\n", "")).holds
    dead = reading.judge_units(names, url, Output(0, "active\nfailed\n---\n503\n", ""))
    assert dead.seen == "b.service is failed, http://127.0.0.1/ answers 503"
    assert not reading.judge_units(names, None, Output(3, "active\n", "")).holds
    assert "answers nothing" in reading.judge_units(names, url, Output(0, "active\nactive\n---\n", "")).seen


def test_a_look_at_units_takes_one_command(answering: Answering) -> None:
    well = look(answering(0, "active\n---\n200\n"), [reading.running(("a.service",), url="http://x/")])
    assert (well.holds, well.seen) == (True, "a.service active, http://x/ answers 200")
    assert look(answering(124, ""), [reading.running(("a.service",))]).seen == "a.service is unknown"
    assert not look(answering(0, ""), []).holds


def test_a_look_tells_the_first_reading_that_does_not_hold() -> None:
    asked: list[str] = []

    def judged(text: str, *, holds: bool) -> Reading:
        def judge(_output: Output) -> Observation:
            asked.append(text)
            return Observation(holds, text)

        return Reading(text, judge)

    readings = (judged("a", holds=True), judged("b", holds=False), judged("c", holds=False))
    assert look(FakeHost(), readings).seen == "b"
    assert asked == ["a", "b"]
    assert look(FakeHost(), readings[:1] * 2).seen == "a, a"
