"""`promote gate` on a choice of checks, and what it shows of faults."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk

from pipeline.cli import gate, show_against
from pipeline.cli.against import changes
from pipeline.cli.faults import UNREADABLE, Fault, faults_in, spread
from pipeline.core.plan import Choice, Roster, RosterEntry

FAULTS = (("galera", "writer_killed"), ("galera", "writer_frozen"), ("haproxy", "frozen"))
ROSTER = Roster(tuple(RosterEntry(component, "-", check) for component, check in FAULTS), 300, "definition")


def measured(name: str, gap: float, verdict: str = "passed") -> dict[str, object]:
    return {
        "fault": name,
        "target": "database-1",
        "injected": gap,
        "proof": "it died",
        "longest_gap_s": gap,
        "budget_s": 4.44,
        "errors": 12,
        "lost": 0,
        "acknowledged": 500,
        "recovered_after_s": gap,
        "verdict": verdict,
    }


@pytest.mark.parametrize(
    ("choice", "checks"),
    [
        (Choice(), ["writer_killed", "writer_frozen", "frozen"]),
        (Choice("galera"), ["writer_killed", "writer_frozen"]),
        (Choice(check="frozen"), ["frozen"]),
        (Choice("galera", "writer_frozen"), ["writer_frozen"]),
        (Choice("galera", "frozen"), []),
    ],
)
def test_a_choice_leaves_of_a_roster_what_was_asked_for(choice: Choice, checks: list[str]) -> None:
    chosen = choice.of(ROSTER)
    assert [entry.check for entry in chosen.entries] == checks
    assert (chosen.within_s, chosen.definition) == (ROSTER.within_s, ROSTER.definition)


def test_a_chosen_check_alone_is_wanted(standing: Desk) -> None:
    argv = ("gate", "smoke", "--stage", "dev", "--component", "thing", "--fault", "smoke")
    found = standing.document(*argv)["attempts"][0]["gates"][0]
    assert (found["passed"], found["wanted"]) == (1, 1)


def test_a_choice_that_no_check_answers_to_is_refused_with_what_there_is(standing: Desk) -> None:
    assert standing("gate", "smoke", "--stage", "dev", "--fault", "no_such_fault") == 2
    assert "no_such_fault" in standing.err
    assert "it has: " in standing.err


def test_a_gate_has_the_same_document_however_often_it_is_repeated(standing: Desk) -> None:
    before = standing.document("history")["attempts"]
    once = standing.document("gate", "smoke", "--stage", "dev")
    often = standing.document("gate", "smoke", "--stage", "dev", "--repeat", "3")
    promoted = standing.document("--stage", "dev")

    assert [one["id"] for one in often["attempts"]] == ["p3", "p4", "p5"]
    assert (often["outcome"], often["exit_code"]) == ("observed", 0)
    assert once.keys() == often.keys() == {*promoted, "wanted", "faults", "checks"}
    assert [one.keys() for one in (*once["attempts"], *often["attempts"])] == 4 * [before[0].keys()]


def test_the_first_red_run_of_a_repeated_gate_decides_and_has_its_last_words(standing: Desk) -> None:
    standing.bench.answers["smoke"] = "failed"

    found = standing.document("gate", "smoke", "--stage", "dev", "--repeat", "2")

    assert (standing.code, found["exit_code"], len(found["attempts"])) == (3, 3, 2)
    assert found["meaning"] == "a gate failed; the stage is unchanged"
    nexts = [line for line in standing.err.splitlines() if line.startswith("next: ")]
    assert nexts == ["next: promote show p2", "next: promote show p3"]


def test_a_signal_between_two_runs_begins_no_third_and_leaves_nothing_to_resume(
    standing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(*_run: object) -> int:
        standing.bench.quiet.signal = 15
        return 0

    monkeypatch.setattr(gate, "show_run", shown)
    assert standing("gate", "smoke", "--stage", "dev", "--repeat", "3") == 143

    assert "interrupted by SIGTERM after 1 of 3 runs, each of which is recorded" in standing.err
    assert [one["outcome"] for one in standing.document("history")["attempts"]] == ["verified", "observed"]


def left(into: Path, *measures: dict[str, object] | None, older: bool = False) -> Path:
    """What a gate leaves that made these faults, now or with older code; None is a file cut short."""
    checks = [{"check": "writer_killed"} if older else {"check": "writer_killed", "faults": measures}]
    (into / "report.json").write_text(json.dumps({"protocol": 1, "checks": checks}))
    for number, one in enumerate(measures if older else ()):
        folder = into / "traces" / str(number)
        folder.mkdir(parents=True)
        (folder / "measures.json").write_text("{" if one is None else json.dumps(one))
    return into


@pytest.mark.parametrize("older", [False, True])
def test_faults_are_read_in_the_order_of_their_making(tmp_path: Path, *, older: bool) -> None:
    made = [measured("b", 1.0), measured("a", 3.0)]
    faults = faults_in(left(tmp_path, *(reversed(made) if older else made), older=older))
    assert [fault.name for fault in faults] == ["b", "a"]
    assert faults[0].row()[3:8] == ("1.00s", "4.44s", "12", "0 of 500", "1.00s")


def test_a_report_that_tells_of_faults_is_the_only_place_that_is_read(tmp_path: Path) -> None:
    left(tmp_path, measured("beside", 1.0), older=True)
    assert [fault.name for fault in faults_in(left(tmp_path, measured("in it", 1.0)))] == ["in it"]


@pytest.mark.parametrize("checks", [[{"faults": [{"fault": "a"}]}], [{"faults": 1}], 1, [1]])
def test_a_report_that_can_not_be_read_is_a_row_with_its_name(tmp_path: Path, checks: object) -> None:
    (tmp_path / "report.json").write_text(json.dumps({"checks": checks}))
    (row,) = [fault.row() for fault in faults_in(tmp_path)]
    assert (row[0], row[-1]) == (str(tmp_path / "report.json"), "unreadable")


def test_one_file_of_older_code_that_can_not_be_read_is_a_row_beside_the_others(tmp_path: Path) -> None:
    first, broken = faults_in(left(tmp_path, measured("a", 1.0), None, older=True))
    assert (first.name, broken.name) == ("a", str(tmp_path / "traces/1/measures.json"))
    assert broken.row()[-1] == "unreadable"
    news = {change.name: change.worse for change in changes([first], [first, broken])}
    assert news == {"a": (), broken.name: ("unreadable",)}


def test_the_faults_of_a_gate_that_died_before_its_report_are_read_from_their_files(tmp_path: Path) -> None:
    assert faults_in(tmp_path) == ()
    directory = left(tmp_path, measured("a", 1.0, "failed"), older=True)
    (directory / "report.json").unlink()
    assert [found.verdict for found in faults_in(directory)] == ["failed"]


def fault(name: str, gap: float, *, verdict: str = "passed", lost: int = 0) -> Fault:
    return Fault(name, "database-1", "it died", gap, 4.44, 12, lost, 500, gap, verdict)


def test_repeated_faults_are_told_as_a_spread_with_their_flakes() -> None:
    (row,) = spread([fault("a", 0.7), fault("a", 0.9), fault("a", 2.0, verdict="failed")])
    assert row == ("a", "3", "2", "1", "0", "0.70s", "0.90s", "2.00s", "4.44s", "0 of 1500")
    tight = replace(fault("a", 1.9, verdict="failed"), budget_s=1.0)
    wide = replace(fault("a", 2.0), budget_s=5.0)
    (row,) = spread([tight, wide, fault("a", 0.1, verdict=UNREADABLE)])
    assert row[1:] == ("3", "1", "1", "1", "0.10s", "1.90s", "2.00s", "5.00s", "0 of 1500")


def test_a_little_longer_is_no_news_and_much_longer_is() -> None:
    before = [fault("a", 1.0), fault("b", 1.0), fault("c", 4.0), fault("d", 4.0)]
    now = [fault("a", 1.4), fault("b", 1.6), fault("c", 4.9), fault("d", 5.1)]
    worse = {change.name for change in changes(before, now) if change.worse}
    assert worse == {"b", "d"}


def test_what_is_lost_or_passes_no_more_is_worse_however_short() -> None:
    (change,) = changes([fault("a", 1.0)], [fault("a", 0.5, verdict="failed", lost=1)])
    assert change.worse == ("failed now", "lost writes")


def test_a_fault_that_is_not_made_any_more_is_worse_and_a_new_one_is_judged_by_nobody() -> None:
    gone, new = changes([fault("a", 1.0)], [fault("b", 9.0)])
    assert (gone.worse, new.worse) == (("not made now",), ())
    assert gone.row()[:4] == ("a", "1.00s", "-", "12 → -")


def test_a_fault_that_came_to_no_judgement_is_counted_as_a_failure(tmp_path: Path) -> None:
    broken = measured("a", 1.0, "failed") | dict.fromkeys(("longest_gap_s", "budget_s", "recovered_after_s"))
    (found,) = faults_in(left(tmp_path, broken))
    assert found.row()[3:5] == ("-", "-")
    (row,) = spread([fault("a", 1.0), found])
    assert row[1:7] == ("2", "1", "1", "0", "1.00s", "1.00s")
    assert changes([fault("a", 1.0)], [found])[0].worse == ("failed now", "longer gap", "recovered later")


def test_two_attempts_are_shown_side_by_side(standing: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        assert standing("gate", "smoke", "--stage", "dev") == 0
    before, now = [one["id"] for one in standing.document("history")["attempts"]][-2:]
    gaps = {before: 1.0, now: 3.0}
    monkeypatch.setattr(
        show_against, "faults_of", lambda attempt, _site: (fault("killed", gaps[attempt.id]),)
    )
    document = standing.document("show", now, "--against", before)
    assert [(one["fault"], one["worse"]) for one in document["faults"]] == [
        ("killed", ["longer gap", "recovered later"])
    ]
    assert standing("show", now, "--against", before) == 0
    assert "1 of 1 got worse" in standing.out


def test_an_attempt_without_faults_has_nothing_to_be_compared(standing: Desk) -> None:
    assert standing("show", "p1", "--against", "p1") == 2
    assert "p1 has no measures" in standing.err


def test_a_fault_that_was_made_once_more_is_told_both_times(tmp_path: Path) -> None:
    taken = [measured("a", 1.0, "inconclusive") | {"retaken": True}, measured("a", 3.0) | {"retaken": False}]
    first, second = faults_in(left(tmp_path, *taken))
    assert (first.row()[0], first.row()[-1]) == ("a", "inconclusive, retaken")
    assert (second.row()[0], second.row()[-1]) == ("a", "passed")
    (change,) = changes([fault("a", 3.0)], [first, second])
    assert change.worse == ()


def test_retakes_are_counted_in_the_result_and_told_by_show(standing: Desk) -> None:
    standing.bench.answers["smoke"] = "retaken"
    assert standing("gate", "smoke", "--stage", "dev") == 0
    assert re.search(r"smoke pass \(\d retakes?\)", standing.out)
    name = standing.document("history")["attempts"][-1]["id"]
    assert standing("show", name) == 0
    assert re.search(r"gate smoke: pass \(\d retakes?\)", standing.out)
    assert "the probe made 60% of the requests that were due; " in standing.out
    (found,) = standing.document("show", name)["attempt"]["gates"]
    assert found["retakes"][0]["evidence"] == "traces/thing_smoke"
