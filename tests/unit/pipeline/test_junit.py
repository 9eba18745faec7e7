"""JUnit files for a CI server: names unique in a run, and the same in the next one."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from desk import Desk, Way, green
from hypothesis import given
from hypothesis import strategies as st
from legs_ways import legged

from pipeline.cli.checks_reported import Reported
from pipeline.cli.junit import Case, cases, junit
from pipeline.core.reliance import Reach, Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict

HOSTS = {"galera": ("db-1",), "keystone": ("id-1",)}
RELIANCE = Reliance(HOSTS, rests_on={"keystone": {"galera": Reach.ANY}})


def failed(component: str, host: str, check: str) -> Finding:
    return Finding(Verdict.FAIL, component, host, check, f"{check} is wrong", f"test_{check}")


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - written here


def test_a_case_says_what_it_saw_and_of_what_it_is_a_consequence() -> None:
    reported = (
        Reported("keystone", "id-1", "token", "failed", "token is wrong", 1.5),
        Reported("galera", "db-1", "healthy", "failed", "healthy is wrong"),
        Reported("galera", "-", "one_cluster", "passed", "3 of 3"),
    )
    missing = Finding(Verdict.INCONCLUSIVE, "redis", "co-1", "healthy", "it was not run")
    findings = (failed("keystone", "id-1", "token"), failed("galera", "db-1", "healthy"), missing)
    evidence = Evidence(Verdict.FAIL, findings, 1, 4, reliance=RELIANCE)
    suite = parsed(junit("dev.promote.smoke", cases("dev.promote.smoke", reported, evidence), set()))
    names = [(case.get("classname"), case.get("name")) for case in suite]
    assert names == [
        ("dev.promote.smoke.keystone", "token on id-1"),
        ("dev.promote.smoke.galera", "healthy on db-1"),
        ("dev.promote.smoke.galera", "one_cluster"),
        ("dev.promote.smoke.redis", "healthy on co-1"),
    ]
    assert [[part.tag for part in case] for case in suite] == [["failure"], ["failure"], [], ["error"]]
    assert suite[0][0].get("message") == "token is wrong"
    assert suite[0][0].text == "token is wrong\nlikely a consequence of test_healthy on db-1"
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "2", "errors": "1", "skipped": "0"}


def test_a_complaint_about_the_gate_is_a_case_of_the_gate() -> None:
    complaint = Finding(Verdict.INCONCLUSIVE, "", "-", "smoke", "the suite wrote no report")
    (case,) = cases("dev.promote.smoke", (), Evidence(Verdict.INCONCLUSIVE, (complaint,), 0, 1))
    assert case == Case("dev.promote.smoke", "smoke", "not run", 0.0, "the suite wrote no report")


NAMES = st.sampled_from(("a", "a (2)", "\x00", "\x01")) | st.text()


@given(
    st.lists(st.builds(Case, st.just("p") | st.text(), NAMES, st.sampled_from(("passed", "failed", "odd"))))
)
def test_any_text_can_be_written_and_no_two_names_of_a_run_are_equal(told: list[Case]) -> None:
    taken: set[str] = set()
    suites = [parsed(junit("smoke", told, taken)) for _ in range(2)]
    names = {(case.get("classname"), case.get("name")) for suite in suites for case in suite}
    assert len(names) == 2 * len(told)


def left_by(desk: Desk, tmp_path: Path, way: Way, *folders: str) -> list[tuple[str | None, str | None]]:
    """The names of all cases of a run in whose folders gates have left a report."""
    desk.bench.site, into = tmp_path / "site", tmp_path / "into"
    check = {"component": "c", "host": "h", "check": "healthy", "outcome": "passed", "seen": "well"}
    for folder in folders:
        path = desk.bench.site / "runs" / folder
        path.mkdir(parents=True)
        (path / "report.json").write_text(json.dumps({"checks": [check, check]}))
    desk(*way(desk), "--evidence-into", str(into))
    found = [parsed(path.read_text()) for path in sorted(into.rglob("junit.xml"))]
    assert len(found) == len(folders)
    return [(case.get("classname"), case.get("name")) for suite in found for case in suite]


def test_the_same_gate_in_two_legs_has_names_of_its_own(desk: Desk, tmp_path: Path) -> None:
    names = left_by(desk, tmp_path, legged, "p1/build/smoke-1", "p1/cut-over/smoke-1", "p1/cut-over/smoke-2")
    assert len(set(names)) == len(names) == 6
    assert names[:2] == [
        ("dev.promote.build.smoke.c", "healthy on h"),
        ("dev.promote.build.smoke.c", "healthy on h (2)"),
    ]


@pytest.mark.parametrize("text", ["{", '{"checks": [null]}'])
def test_a_damaged_report_leaves_the_other_files_their_new_names(
    desk: Desk, tmp_path: Path, text: str
) -> None:
    damaged = tmp_path / "site" / "runs" / "p1" / "build" / "smoke-1"
    damaged.mkdir(parents=True)
    (damaged / "report.json").write_text(text)
    names = left_by(desk, tmp_path, legged, "p1/cut-over/smoke-1")
    assert [place for place, _ in names] == ["dev.promote.cut-over.smoke.c"] * 2
    assert f"where: {tmp_path / 'into' / 'p1' / 'build' / 'smoke-1' / 'report.json'}" in desk.err
    assert "keeps the names that it has" in desk.err
    assert "could not be copied" not in desk.err


def test_names_are_the_same_in_the_next_run(desk: Desk, tmp_path: Path) -> None:
    first = left_by(desk, tmp_path / "1", green, "p1/smoke-1")
    desk.bench.commit("second", a="2")
    assert left_by(desk, tmp_path / "2", lambda _: ["--stage", "dev"], "p2/smoke-1") == first


def test_a_damaged_report_is_told_and_changes_no_verdict(desk: Desk, tmp_path: Path) -> None:
    desk.bench.site = tmp_path / "site"
    folder = desk.bench.site / "runs" / "p1" / "smoke-1"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{")
    assert desk(*green(desk), "--evidence-into", str(tmp_path / "into")) == 0
    assert "a gate's report can't be read" in desk.err
