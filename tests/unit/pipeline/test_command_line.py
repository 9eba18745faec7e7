"""The command line, on fakes: exit codes, one document, last words, and nothing else on stdout."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.cli.app import run
from pipeline.cli.exit_codes import MEANING, ExitCode
from pipeline.core.errors import ChildCrashed, ConfigProblem, TryAgain
from pipeline.core.stages import StageGraph
from pipeline.ports import CheckResult
from pipeline.testing import Bench
from pipeline.testing.deployer import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.bootstrap import Place
    from pipeline.ports import Notifier
    from pipeline.workshop import Workshop


class Desk:
    """A command line on a bench; `places` are what the wiring was asked for."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.bench = Bench()
        self.places = []
        self.error: Exception | None = None
        self.alive = False
        self._capsys = capsys

    @contextlib.contextmanager
    def wiring(self, place: Place, _notifier: Notifier) -> Iterator[Workshop]:
        self.places.append(place)
        if self.error is not None:
            raise self.error
        shop = self.bench.shop()
        if self.alive:
            self.bench.store.dead.clear()
        yield shop

    def __call__(self, *argv: str) -> int:
        code = run(argv, self.wiring)
        self.out, self.err = self._capsys.readouterr()
        return code

    def document(self, *argv: str) -> dict:
        self.code = self(*argv, "-o", "json")
        found = json.loads(self.out)
        assert found["schema_version"] == 1
        return found


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(capsys)


def green(desk: Desk) -> list[str]:
    desk.bench.commit("first", a="1")
    return ["--stage", "dev"]


def unexpected(desk: Desk) -> list[str]:
    desk.error = RuntimeError("what nobody thought of")
    return ["--stage", "dev"]


def crashed(desk: Desk) -> list[str]:
    desk.error = ChildCrashed("the child crashed")
    return ["--stage", "dev"]


def unplanned(desk: Desk) -> list[str]:
    desk.bench.world.broken.add("plan")
    return green(desk)


def without_stage(_desk: Desk) -> list[str]:
    return []


def unknown_verb(_desk: Desk) -> list[str]:
    return ["splendid"]


def bad_duration(_desk: Desk) -> list[str]:
    return ["--stage", "dev", "--lock-timeout", "soon"]


def unknown_stage(desk: Desk) -> list[str]:
    green(desk)
    return ["--stage", "nowhere"]


def unknown_release(_desk: Desk) -> list[str]:
    return ["--stage", "dev", "--release", "r9"]


def bad_config(desk: Desk) -> list[str]:
    problems = tuple(ConfigProblem("config/a.yaml", n, 5, f"mistake {n}", "try this") for n in range(1, 11))
    desk.bench.world.check = CheckResult(problems, StageGraph(()))
    return ["check"]


def dirty(desk: Desk) -> list[str]:
    desk.bench.revisions.dirty = True
    return green(desk)


def keep_in_prod(desk: Desk) -> list[str]:
    green(desk)
    for stage in ("dev", "staging"):
        desk("--stage", stage)
    return ["--stage", "prod", "--keep"]


def unfit(desk: Desk) -> list[str]:
    desk.bench.tools.fit = False
    return ["doctor"]


def red(desk: Desk) -> list[str]:
    desk.bench.answers["smoke"] = "failed"
    return green(desk)


def red_ad_hoc(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.answers["smoke"] = "failed"
    return ["gate", "smoke", "--stage", "dev"]


def locked(desk: Desk) -> list[str]:
    desk.bench.shop().ledger.acquire("dev", "something else", 3600)
    desk.alive = True
    return green(desk)


def held(desk: Desk) -> list[str]:
    desk("hold", "--reason", "freeze")
    return green(desk)


def held_plan(desk: Desk) -> list[str]:
    green(desk)
    desk("hold", "--stage", "dev", "--reason", "freeze")
    return ["plan", "--stage", "dev"]


def step_fails(desk: Desk) -> list[str]:
    desk.bench.world.broken.add("step a")
    return green(desk)


def return_fails(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.bench.answers["smoke in dev"] = "failed"
    return ["--stage", "dev"]


def not_verified_before(desk: Desk) -> list[str]:
    green(desk)
    return ["--stage", "staging"]


def refused(desk: Desk) -> list[str]:
    release = desk.bench.commit("first")
    desk.bench.world.recipes[release] = Recipe({}, {}, ("the schema cannot go back",))
    return ["--stage", "dev"]


def refused_plan(desk: Desk) -> list[str]:
    return ["plan", *refused(desk)]


def nothing_to_resume(_desk: Desk) -> list[str]:
    return ["resume"]


def open_promotion(desk: Desk) -> list[str]:
    desk.bench.quiet.after = 3
    argv = green(desk)
    desk(*argv)
    desk.bench.quiet.after, desk.bench.quiet.signal = None, None
    return argv


def unclear(desk: Desk) -> list[str]:
    desk.bench.answers["smoke"] = "skipped"
    return green(desk)


def busy(desk: Desk) -> list[str]:
    desk.error = TryAgain("the ledger is busy")
    return ["status"]


def control_c(desk: Desk) -> list[str]:
    desk.bench.quiet.signal = 2
    return green(desk)


def terminated(desk: Desk) -> list[str]:
    desk.bench.quiet.signal = 15
    return green(desk)


CASES = {
    green: 0,
    unexpected: 1,
    crashed: 1,
    unplanned: 1,
    without_stage: 2,
    unknown_verb: 2,
    bad_duration: 2,
    unknown_stage: 2,
    unknown_release: 2,
    bad_config: 2,
    dirty: 2,
    keep_in_prod: 2,
    unfit: 2,
    red: 3,
    red_ad_hoc: 3,
    locked: 5,
    held: 6,
    held_plan: 6,
    step_fails: 7,
    return_fails: 8,
    not_verified_before: 9,
    refused: 9,
    refused_plan: 9,
    nothing_to_resume: 9,
    open_promotion: 9,
    unclear: 10,
    busy: 75,
    control_c: 130,
    terminated: 143,
}


@pytest.mark.parametrize(
    ("case", "code"), CASES.items(), ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_way_to_end_has_its_exit_code(desk: Desk, case: Callable[[Desk], list[str]], code: int) -> None:
    assert desk(*case(desk)) == code, desk.err


@pytest.mark.parametrize(
    "case", [case for case in CASES if CASES[case] not in (2, 0)], ids=lambda case: case.__name__
)
def test_a_no_is_one_document_too(desk: Desk, case: Callable[[Desk], list[str]]) -> None:
    argv = case(desk)
    assert desk.document(*argv)["exit_code"] == CASES[case]


def test_every_exit_code_but_the_reserved_one_is_tried_and_has_a_meaning() -> None:
    assert set(CASES.values()) | {ExitCode.DEFERRED} == set(ExitCode) == set(MEANING)


@pytest.mark.parametrize("case", [red, red_ad_hoc, unclear, step_fails, return_fails, refused, unplanned])
def test_a_red_run_ends_with_five_lines_that_say_what_to_look_at(
    desk: Desk, case: Callable[[Desk], list[str]]
) -> None:
    desk(*case(desk))
    words = [line.partition(": ")[0] for line in desk.err.splitlines()[-5:]]

    assert words == ["test", "host", "seen", "evidence", "next"]
    assert all(line.partition(": ")[2] for line in desk.err.splitlines()[-5:])


def test_the_last_words_name_test_host_sight_evidence_and_the_next_command(desk: Desk) -> None:
    desk(*red(desk))

    assert desk.err.splitlines()[-5:] == [
        "test: suites/smoke/test_smoke.py::test_it",
        "host: -",
        "seen: the thing was failed",
        "evidence: site/runs/p1/smoke-1",
        "next: promote show p1",
    ]


def test_a_green_run_prints_its_result_and_no_last_words(desk: Desk) -> None:
    desk(*green(desk))

    assert "verified" in desk.out
    assert "next:" not in desk.err


def test_all_problems_of_a_config_are_printed_with_their_places(desk: Desk) -> None:
    desk(*bad_config(desk))

    assert desk.err.splitlines()[:10] == [
        f"config/a.yaml:{n}:5: mistake {n} (try this)" for n in range(1, 11)
    ]
    assert desk.out == ""


def test_all_problems_of_a_config_are_in_the_document(desk: Desk) -> None:
    found = desk.document(*bad_config(desk))

    assert desk.code == 2
    assert len(found["error"]["problems"]) == 10


def test_history_names_every_promotion_with_its_outcome(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.bench.answers[f"smoke of {desk.bench.revisions.pin.id}"] = "failed"
    desk("--stage", "dev")

    rows = desk.document("history")["promotions"]

    assert [(row["id"], row["stage"], row["alias"], row["kind"], row["outcome"]) for row in rows] == [
        ("p1", "dev", "r1", "promote", "verified"),
        ("p2", "dev", "r2", "promote", "failed"),
        ("p3", "dev", "r1", "return", "returned"),
    ]
    assert rows[0]["release"] != rows[1]["release"]
    assert rows[1]["gates"][0]["evidence"] == "site/runs/p2/smoke-1"
    assert rows[0]["started_at"].endswith("Z")


def test_status_says_what_is_verified_what_stands_and_what_is_held(desk: Desk) -> None:
    desk(*red(desk))
    desk("hold", "--stage", "staging", "--reason", "freeze")

    rows = {row["stage"]: row for row in desk.document("status")["stages"]}

    assert list(rows) == ["dev", "staging", "prod"]
    assert (rows["dev"]["verified"], rows["dev"]["standing"], rows["dev"]["mark"]) == (
        None,
        "r1",
        "unverified",
    )
    assert rows["staging"]["held"] == "freeze"
    assert desk("status") == 0
    assert "unverified" in desk.out


def test_status_of_nothing_is_an_empty_table(desk: Desk) -> None:
    assert desk.document("status")["stages"] == []
    assert desk("status") == 0


def test_releases_say_where_they_are_verified(desk: Desk) -> None:
    desk(*green(desk))

    row = desk.document("releases")["releases"][0]
    assert (row["alias"], row["verified_in"]) == ("r1", ["dev"])
    assert desk("releases") == 0
    assert "r1" in desk.out


def test_show_names_steps_critical_path_gates_and_findings(desk: Desk) -> None:
    desk(*red(desk))

    found = desk.document("show", "p1")
    assert [bar["name"] for bar in found["timeline"]] == ["a", "gate smoke"]
    assert found["critical_path"] == ["a"]
    assert found["diagnostics"] == ["site/runs/p1/diagnostics-1"]
    assert found["promotion"]["gates"][0]["findings"][0]["seen"] == "the thing was failed"
    assert desk("show", "p1") == 0
    assert "the thing was failed" in desk.out
    assert desk("show", "p9") == 2


def test_diff_names_commits_config_keys_and_packages(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")

    found = desk.document("diff", "r1", "r2")
    assert (found["same_code"], found["same_config"]) == (False, True)
    assert len(found["commits"]) == 1
    assert [row["name"] for row in found["config"]] == ["stagegate.yaml: release"]
    assert [row["name"] for row in found["packages"]] == ["runtime.txt: thing"]
    assert desk("diff", "r1", "r2") == 0


def test_plan_names_hosts_steps_and_reasons_and_changes_nothing(desk: Desk) -> None:
    green(desk)

    found = desk.document("plan", "--stage", "dev")

    assert (found["allowed"], found["pinned"], found["changes"]) == (
        True,
        False,
        [{"host": "a", "change": "becomes 1"}],
    )
    assert "action" not in found["steps"][0]
    assert desk.bench.store.records == []
    assert desk("plan", "--stage", "dev") == 0
    assert "becomes 1" in desk.out


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(desk: Desk) -> None:
    open_promotion(desk)
    assert desk("--stage", "dev") == 9
    assert "promote resume --stage dev" in desk.err
    assert desk("resume") == 0
    assert desk("history") == 0
    assert "verified" in desk.out


def test_an_interrupted_run_can_be_given_up(desk: Desk) -> None:
    open_promotion(desk)

    assert desk.document("abort")["outcome"] == "aborted"
    assert desk.code == 0


def test_a_hold_can_be_lifted(desk: Desk) -> None:
    argv = held(desk)
    assert desk(*argv) == 6
    assert "freeze" in desk.err
    assert desk("unhold") == 0
    assert desk(*argv) == 0


def test_the_lab_is_shown_taken_down_and_entered(desk: Desk) -> None:
    assert desk.document("lab", "status")["hosts"][0]["host"] == "database-1"
    assert desk.document("lab", "down", "--stage", "dev")["removed"] == ["sg-site-dev-database-1"]
    assert desk("lab", "exec", "--stage", "dev", "--", "openstack", "token", "issue", "-f", "json") == 5
    assert desk.bench.tools.calls == ["down dev", "exec dev openstack token issue -f json"]


def test_doctor_says_what_a_machine_lacks(desk: Desk) -> None:
    assert desk("doctor") == 0
    desk(*unfit(desk))
    assert "sudo -i" in desk.out


def test_the_site_comes_from_the_option_or_the_environment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_SITE", "/from/environment")
    desk("status")
    desk("status", "--site", "/from/option")
    desk("--site", "/from/group", "status")

    assert [place.site for place in desk.places] == [
        Path("/from/environment"),
        Path("/from/option"),
        Path("/from/group"),
    ]


def test_an_option_before_the_verb_that_is_not_for_it_is_refused(desk: Desk) -> None:
    assert desk("--stage", "dev", "status") == 2


@pytest.mark.parametrize(
    "verb",
    [
        "plan",
        "status",
        "history",
        "releases",
        "show",
        "diff",
        "gate",
        "resume",
        "abort",
        "hold",
        "unhold",
        "check",
        "doctor",
    ],
)
def test_every_verb_takes_the_common_options(desk: Desk, verb: str) -> None:
    assert desk(verb, "--help") == 0
    for option in ("--output", "--site", "--config", "--lock-timeout"):
        assert option in desk.out


def test_help_has_examples_and_exit_codes(desk: Desk) -> None:
    assert desk("--help") == 0
    assert "promote --stage prod --release r3" in desk.out
    assert "143" in desk.out
