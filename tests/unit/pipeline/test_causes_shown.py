"""What people and programs are told of a red gate: the causes, with the rest folded."""

from pathlib import Path

import pytest
from desk import Desk, green

from pipeline.cli.causes_shown import cause_lines, folded, others
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.found import Found
from pipeline.core.causes import Cause
from pipeline.core.reliance import Reach, Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict

SITE = Path("/site of ours")
RELIANCE = Reliance(
    hosts={"galera": ("db-1",), "keystone": ("id-1",)},
    units={"galera": ("mariadb.service", "galera-check.service"), "keystone": ("keystone.service",)},
    rests_on={"keystone": {"galera": Reach.ANY}},
)
CHECKS = ("galera/healthy", "keystone/token", "keystone/catalog", "redis/healthy")
TOLD = {
    "hosts": {"galera": ["db-1"], "keystone": ["id-1"], "redis": ["co-1"]},
    "units": {"galera": ["mariadb.service"]},
    "rests_on": {"keystone": {"galera": "any"}},
}


def failed(component: str, host: str, check: str) -> Finding:
    return Finding(Verdict.FAIL, component, host, check, f"{check} is wrong")


def found(*findings: Finding, reliance: Reliance = RELIANCE) -> Found:
    return Found("p7", "prod", "smoke", Evidence(Verdict.FAIL, findings, 0, 9, reliance=reliance))


def test_a_cause_has_what_it_saw_the_command_to_look_at_it_and_its_consequences_counted() -> None:
    seen = found(failed("keystone", "id-1", "token"), failed("galera", "db-1", "healthy"))
    journal = "journalctl -n 50 -u mariadb.service -u galera-check.service"
    assert list(cause_lines(seen, SITE)) == [
        "  fail: galera/healthy on db-1: healthy is wrong",
        f"    look: ssh -F '{SITE}/stages/prod/ssh_config' db-1 {journal}",
        "    1 likely consequence: keystone 1",
    ]
    assert list(cause_lines(seen, SITE, unfolded=True))[3:] == [
        "      fail: keystone/token on id-1: token is wrong"
    ]


def test_what_no_host_shows_is_in_the_log_of_the_gate() -> None:
    (_, look) = cause_lines(found(failed("galera", "-", "one_cluster")), SITE)
    assert look == "    look: promote show p7 --logs smoke"


def test_findings_of_an_older_release_are_told_as_ever() -> None:
    seen = found(failed("keystone", "id-1", "a"), failed("galera", "db-1", "b"), reliance=Reliance())
    assert list(cause_lines(seen, SITE)) == [
        "  fail: galera/b on db-1: b is wrong",
        "  fail: keystone/a on id-1: a is wrong",
    ]


def test_what_is_folded_is_counted_by_component() -> None:
    rest = tuple(failed(name, "h", check) for name, check in (("b", "1"), ("a", "1"), ("a", "2")))
    assert folded(Cause(rest[0], rest, 2)) == (
        "3 likely consequences: a 2, b 1; 2 of them may come of another cause"
    )
    assert others([Cause(rest[0], rest), Cause(rest[1])]) == " (3 likely consequences, 1 other cause)"
    assert not others([Cause(rest[0])])


def test_findings_that_are_equal_have_a_place_each() -> None:
    one = failed("galera", "db-1", "healthy")
    told = found(one, one).data(SITE)
    assert [cause["finding"] for cause in told] == [0, 1]


@pytest.fixture
def red_desk(desk: Desk) -> Desk:
    desk.bench.world.checks["smoke"] = CHECKS
    desk.bench.answers["smoke"] = "failed"
    desk.bench.reliance = TOLD
    desk.code = desk(*green(desk))
    return desk


def test_a_red_run_names_the_cause_first_and_counts_the_rest(red_desk: Desk) -> None:
    assert red_desk.code == ExitCode.GATE_FAILED
    lines = red_desk.out.splitlines()
    start = lines.index("p1, gate smoke: 4 findings")
    assert lines[start + 1].startswith("  fail: suites/smoke/test_healthy.py::test_it on -: ")
    assert lines[start + 2 : start + 4] == [
        "    look: promote show p1 --logs smoke",
        "    2 likely consequences: keystone 2",
    ]
    assert "seen: the thing was failed (2 likely consequences, 1 other cause)" in red_desk.err


def test_show_folds_and_unfolds(red_desk: Desk) -> None:
    red_desk("show", "p1")
    assert "keystone 2" in red_desk.out
    assert "test_token.py" not in red_desk.out
    red_desk("show", "p1", "--findings")
    assert "      fail: suites/smoke/test_token.py::test_it on -" in red_desk.out


def test_the_document_has_each_finding_in_one_cause(red_desk: Desk) -> None:
    (gate,) = red_desk.document("show", "p1")["attempt"]["gates"]
    places = [place for cause in gate["causes"] for place in (cause["finding"], *cause["consequences"])]
    assert sorted(places) == list(range(len(gate["findings"]))) == [0, 1, 2, 3]
    first = gate["causes"][0]
    assert gate["findings"][first["finding"]]["component"] == "galera"
    assert first["look"] == "promote show p1 --logs smoke"
    assert "reliance" not in gate
