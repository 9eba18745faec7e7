"""The command line, on fakes: exit codes, one document, last words, and nothing else on stdout."""

import shlex
from pathlib import Path

import pytest
from desk import Desk, bad_config, green, held, open_attempt, red, returns
from documents import two_releases

from pipeline.cli.verbs import VERBS
from pipeline.core.errors import UsageProblem


def test_all_problems_of_a_config_are_printed_with_their_places_and_are_in_the_document(desk: Desk) -> None:
    desk(*bad_config(desk))
    places = [f"config/a.yaml:{n}:5: mistake {n} (try this)" for n in range(1, 11)]
    assert (desk.err.splitlines()[:10], desk.out) == (places, "")

    found = desk.document("check")
    assert (desk.code, len(found["error"]["problems"])) == (2, 10)


def test_history_names_every_attempt_with_its_outcome(desk: Desk) -> None:
    desk(*returns(desk))

    rows = desk.document("history")["attempts"]

    assert [(row["id"], row["stage"], row["alias"], row["kind"], row["outcome"]) for row in rows] == [
        ("p1", "dev", "r1", "promote", "verified"),
        ("p2", "dev", "r2", "promote", "failed"),
        ("p3", "dev", "r1", "rollback", "rolled_back"),
    ]
    assert rows[0]["release"] != rows[1]["release"]
    assert rows[1]["gates"][0]["evidence"] == "site/runs/p2/smoke-1"
    assert rows[0]["started_at"].endswith("Z")


def test_status_says_what_is_verified_what_stands_and_what_is_held(desk: Desk) -> None:
    assert desk.document("status")["stages"] == []
    assert desk("status") == 0
    desk(*red(desk))
    desk("hold", "--stage", "staging", "--reason", "freeze")

    rows = {row["stage"]: row for row in desk.document("status")["stages"]}

    assert list(rows) == ["dev", "staging", "prod"]
    dev = rows["dev"]
    assert (dev["verified"], dev["standing"], dev["mark"]) == (None, "r1", "unverified")
    assert rows["staging"]["held"] == "freeze"
    assert desk("status") == 0
    assert "unverified" in desk.out


def test_a_run_whose_driver_is_gone_is_interrupted_at_once_and_not_locked(desk: Desk) -> None:
    open_attempt(desk)
    desk.bench.shop().ledger.acquire("dev", "promote r1 to dev", 3600)

    gone = desk.document("status")["stages"][0]
    desk.alive = True
    alive = desk.document("status")["stages"][0]

    assert (gone["open"], gone["running"], gone["locked"]) == ("p1", None, None)
    assert (alive["open"], alive["running"]) == (None, "p1")


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
    assert found["attempt"]["gates"][0]["findings"][0]["seen"] == "the thing was failed"
    assert desk("show", "p1") == 0
    assert "the thing was failed" in desk.out
    assert "critical path, each waited for the one before:" in desk.out
    assert desk("show", "p9") == 2


def test_every_retry_is_in_the_result_with_its_reason(desk: Desk) -> None:
    argv = green(desk)
    desk.bench.world.broken |= {"transient plan", "transient a"}
    wanted = ["plan, try 1: the network failed", "a, try 1: the network failed"]

    assert desk(*argv) == 0
    assert [line for line in desk.out.splitlines() if "retried" in line] == [
        f"p1 retried {line} for a moment" for line in wanted
    ]
    assert desk("show", "p1") == 0
    assert all(f"p1 retried {line}" in desk.out for line in wanted)
    retries = desk.document("show", "p1")["attempt"]["retries"]
    assert [(retry["what"], retry["attempt"]) for retry in retries] == [("plan", 1), ("a", 1)]
    assert desk.document(*argv)["attempts"][0]["retries"] == []


def test_diff_names_commits_config_keys_and_packages(desk: Desk) -> None:
    two_releases(desk)

    found = desk.document("diff", "r1", "r2")
    assert (found["same_code"], found["same_config"]) == (False, True)
    assert len(found["commits"]) == 1
    assert [row["name"] for row in found["config"]] == ["stagegate.yaml: release"]
    assert [row["name"] for row in found["packages"]] == ["runtime.txt: thing"]
    assert desk("diff", "r1", "r2") == 0


def test_plan_names_hosts_steps_and_reasons_and_changes_nothing(desk: Desk) -> None:
    green(desk)

    found = desk.document("plan", "--stage", "dev")

    assert (found["allowed"], found["pinned"]) == (True, False)
    assert found["changes"] == [{"host": "a", "change": "becomes 1"}]
    assert "action" not in found["steps"][0]
    assert desk.bench.store.records == []
    assert desk("plan", "--stage", "dev") == 0
    assert "make a 1" in desk.out


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(desk: Desk) -> None:
    open_attempt(desk)
    assert desk("--stage", "dev") == 9
    assert "promote resume --stage dev" in desk.err
    assert desk("resume") == 0
    assert desk("history") == 0
    assert "verified" in desk.out


def test_an_interrupted_run_can_be_abandoned(desk: Desk) -> None:
    open_attempt(desk)

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
    assert (
        desk("lab", "exec", "--stage", "dev", "--preview", "green", "--", "openstack", "token", "issue") == 3
    )
    assert desk.bench.tools.calls == [
        "down dev",
        "exec dev openstack token issue -f json",
        "exec dev by green openstack token issue",
    ]


@pytest.mark.parametrize(
    ("line", "is_json"),
    [
        ("-o json status --bogus", True),
        ("status -o json --bogus", True),
        ("status --output=json --bogus", True),
        ("status -ojson --bogus", True),
        ("resume --lock-timeout soon -o json", True),
        ("-o json splendid", True),
        ("-o json lab splendid", True),
        ("show -o json", True),
        ("lab exec --output=json -- openstack", True),
        ("-o json status -o text --bogus", False),
        ("status -o text -o json --bogus", True),
        ("status --bogus -o json", False),
        ("splendid -o json", False),
        ("hold --reason -o json", False),
        ("show '-o json' extra", False),
        ("--stage '-o json' --bogus", False),
        ("--stage=-ojson --bogus", False),
        ("status -- -o json", False),
        ("lab exec -- openstack token issue -o json", False),
    ],
)
def test_a_usage_error_is_a_document_where_the_parser_found_that_one_is_wanted(
    desk: Desk, line: str, *, is_json: bool
) -> None:
    assert desk(*shlex.split(line)) == 2

    assert bool(desk.out) is is_json
    assert desk.err


@pytest.mark.parametrize(
    ("line", "is_json"),
    [
        ("-o json lab exec --stage dev -- foo", True),
        ("lab exec --stage dev -o json -- foo", True),
        ("lab exec --stage dev -- foo -o json", False),
        ("hold --stage '-o json' --reason '-o json'", False),
    ],
)
def test_an_error_of_the_verb_itself_is_told_in_the_format_that_the_verb_was_called_with(
    desk: Desk, line: str, *, is_json: bool
) -> None:
    desk.error = UsageProblem("this is not a git checkout")

    assert desk(*shlex.split(line)) == 2

    assert bool(desk.out) is is_json
    assert "this is not a git checkout" in desk.err


def test_the_site_comes_from_the_option_or_the_environment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_SITE", "/from/environment")
    desk("status")
    desk("status", "--site", "/from/option")
    desk("--site", "/from/group", "status")

    sites = [Path(f"/from/{place}") for place in ("environment", "option", "group")]
    assert [place.site for place in desk.places] == sites


@pytest.mark.parametrize("option", [("--stage", "dev"), ("--evidence-into", "evidence")])
def test_an_option_before_the_verb_that_is_not_for_it_is_refused(desk: Desk, option: tuple[str, str]) -> None:
    assert desk(*option, "status") == 2


@pytest.mark.parametrize(
    "verb",
    [
        verb
        for verb in VERBS
        if verb not in {"ci", "completion", "init", "lab", "ledger", "line", "man", "store"}
    ],
)
def test_every_verb_takes_the_common_options_and_others_where_they_mean_something(
    desk: Desk, verb: str
) -> None:
    assert desk(verb, "--help") == 0
    assert all(option in desk.out for option in ("--output", "--site"))
    assert ("--config " in desk.out) is (verb in {"to", "pin", "plan", "scale", "check", "doctor", "serve"})
    locking = {"to", "gate", "resume", "abort", "rollback", "bootstrap", "redeploy", "retire", "prune"}
    assert ("--lock-timeout" in desk.out) is (verb in locking | {"sweep"})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("--config ../ours status", "promote status takes no --config"),
        ("--lock-timeout 5m lab status", "promote lab status takes no --lock-timeout"),
        ("status --config ../ours", "No such option"),
    ],
)
def test_an_option_that_means_nothing_to_a_verb_is_refused(desk: Desk, line: str, why: str) -> None:
    assert desk(*line.split()) == 2
    assert why in desk.err


def test_an_option_before_a_verb_that_it_means_something_to_is_heeded(desk: Desk) -> None:
    desk("--config", "../ours", "check")

    assert desk.places[-1].config == "../ours"


def test_help_has_examples_and_exit_codes(desk: Desk) -> None:
    assert desk("--help") == 0
    assert "promote --stage prod --release r3" in desk.out
    assert "143" in desk.out


def test_several_holds_stand_beside_each_other_and_each_is_lifted_by_its_id(desk: Desk) -> None:
    argv = green(desk)
    desk("--stage", "dev")
    assert desk("hold", "--reason", "freeze") == 0
    assert desk("hold", "--stage", "dev", "--reason", "flood", "--for", "1h") == 0
    assert desk("hold", "--stage", "dev", "--reason", "fire") == 0
    assert [hold["id"] for hold in desk.document("status")["holds"]] == ["h1", "h2", "h3"]

    assert desk(*argv) == 6
    assert all(word in desk.err for word in ("freeze", "flood", "fire"))
    assert desk("unhold", "--stage", "dev") == 2
    assert "h2 by operator@desk (unverified): flood; h3 by operator@desk (unverified): fire" in desk.err
    assert desk("unhold", "h9") == 2
    for name in ("h1", "h3"):
        assert desk("unhold", name) == 0
    assert desk(*argv) == 6

    desk.bench.clock.time += 3600
    assert desk(*argv) == 0, "the last one has ended by itself"
    assert desk("unhold", "--stage", "dev") == 2
    assert "there is no hold on stage dev" in desk.err
