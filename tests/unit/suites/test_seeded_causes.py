"""The defects that smoke is to see, as data: enough of them, in rows, each with a cause that comes first."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import defects as small_defects
import pytest
from checkout import BALANCERS, REPOSITORY
from first_cause import cause_missed, evidence, is_of, named
from seeding import Defect, judge
from stage_sample import blueprint
from whole_defects import TOGETHER

from pipeline.core.causes import causes_of
from pipeline.core.codec import revive
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict
from stages.config import read
from suites.harness.reliance import OF_HOST, reliance
from suites.seam.target import Target

SMOKE = read(REPOSITORY / "config").gates["smoke"]
DRAWN = blueprint("whole-staging")
SMALL = small_defects.rows(*BALANCERS)
ROWS = (*SMALL, *TOGETHER)
DEFECTS = [defect for row in ROWS for defect in row]
CARRIERS = {
    name: tuple(host.name for host in DRAWN.hosts if name in DRAWN.roles[host.role].components)
    for name in SMOKE.each_host
}
TOLD = reliance(
    Path(REPOSITORY / "suites"), "smoke",
    cast("Target", SimpleNamespace(names=lambda name: CARRIERS.get(name, ()))),
)  # fmt: skip
RELIANCE: Reliance = revive(Reliance, TOLD)
ASKED = [(one, name) for of in (SMOKE.each_host, SMOKE.once) for one, names in of.items() for name in names]
# In no stage, so that nothing can be put into it.
NOWHERE = {"mongodb"}
ENOUGH, EACH, IN_CI = 60, 2, 15


def found(defect: Defect) -> Iterator[Finding]:
    """What a gate finds of a defect alone: its checks, each where its words say, or where it is put in."""
    for check, words in defect.checks.items():
        component, name = check.split("/")
        verdict = Verdict.INCONCLUSIVE if check in defect.unclear_by else Verdict.FAIL
        for host in ("-",) if name in SMOKE.once.get(component, ()) else hosts(defect, component, words):
            yield Finding(verdict, component, host, name, f"seeded: {words}", f"test_{name}")


def besides(defect: Defect, *, everywhere: bool) -> Iterator[Finding]:
    """What may be red with a defect, on its hosts or on all; without what is of a whole host."""
    for component, name in ASKED:
        check = f"{component}/{name}"
        if name in OF_HOST or check in defect.checks or not defect.may_redden(check):
            continue
        once = name in SMOKE.once.get(component, ())
        for host in ("-",) if once else CARRIERS[component]:
            if once or everywhere or re.fullmatch(defect.hosts, host):
                yield Finding(Verdict.FAIL, component, host, name, "besides", f"test_{name}")


def hosts(defect: Defect, component: str, words: str) -> Sequence[str]:
    carriers = CARRIERS[component]
    named = [host for host in carriers if words.startswith(f"{host}:")]
    put_in = [host for host in carriers if re.fullmatch(defect.hosts, host)]
    return named or put_in or carriers


def test_there_are_sixty_and_two_for_each_component() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= ENOUGH
    seen = Counter(check.split("/")[0] for defect in DEFECTS for check in defect.checks)
    short = {name for name in SMOKE.each_host if seen[name] < EACH}
    assert short == NOWHERE


def test_ci_has_fifteen_of_them_in_the_rows_that_it_has_time_for() -> None:
    assert sum(len(row) for row in (*SMALL[: small_defects.IN_CI], TOGETHER[0])) >= IN_CI


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_has_hosts_checks_that_are_asked_for_there_and_words_to_look_for(defect: Defect) -> None:
    assert [host.name for host in DRAWN.hosts if re.fullmatch(defect.hosts, host.name)]
    for check, words in defect.checks.items():
        component, name = check.split("/")
        assert name in (*SMOKE.each_host[component], *SMOKE.once[component])
        re.compile(words)
    assert defect.first in defect.checks
    assert defect.cause or len(defect.checks) == 1, "say which of them must come first"
    re.compile(defect.may_also)


def test_their_scripts_can_be_parsed() -> None:
    for defect in DEFECTS:
        for script in (defect.put_in, defect.is_in, defect.take_out, defect.healed or ":"):
            done = subprocess.run(
                ("sh", "-n"), input=f"if {script}\nthen :; fi\n", text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, f"{defect.name}: {done.stderr}"


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_cause_of_each_comes_first(defect: Defect) -> None:
    findings = tuple(found(defect))
    seen = Evidence(Verdict.FAIL, findings, 0, 0, reliance=RELIANCE)
    assert named(causes_of(seen)[0].finding) == defect.first


@pytest.mark.parametrize("everywhere", [False, True], ids=["there", "everywhere"])
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_it_comes_first_also_if_all_is_red_that_may_be(defect: Defect, *, everywhere: bool) -> None:
    findings = (*found(defect), *besides(defect, everywhere=everywhere))
    seen = Evidence(Verdict.FAIL, findings, 0, 0, reliance=RELIANCE)
    assert defect.may_come_first(named(causes_of(seen)[0].finding))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].name)
def test_in_a_row_no_two_are_told_by_one_check_of_one_host(row: Sequence[Defect]) -> None:
    told = Counter((one.check, one.component, one.host) for defect in row for one in found(defect))
    crowded = {where for where, many in told.items() if many > 1 and where[2] != "-"}
    assert not crowded, "what is found last is cut off: its line has a limit"


ONE = Defect("one", "a-1", "true", {"galera/healthy": "a-1: dead"}, may_also="redis/.*")
OTHER = Defect("other", "b-1", "true", {"redis/healthy": "b-1: dead"})


def finding(name: str, host: str, seen: str, test: str = "test_it") -> Finding:
    component, check = name.split("/")
    return Finding(Verdict.FAIL, component, host, check, seen, test)


def test_a_finding_with_the_words_of_one_defect_is_not_another_ones() -> None:
    assert is_of(ONE, finding("redis/healthy", "c-1", "dead"), [OTHER])
    assert not is_of(ONE, finding("redis/healthy", "b-1", "dead"), [OTHER])
    assert not is_of(OTHER, finding("galera/healthy", "a-1", "dead"), [ONE])


def test_another_cause_than_the_defects_own_is_told() -> None:
    deeper = finding("galera/versions", "a-1", "other")
    told = Reliance({"galera": ("a-1",)}, of_host=("versions",), first=("healthy",))
    seen = Evidence(Verdict.FAIL, (finding("galera/healthy", "a-1", "dead"), deeper), 0, 0, reliance=told)
    of_both = replace(ONE, may_also="galera/.*")
    first, before = cause_missed([of_both], seen)
    assert first == "one: the first cause is galera/versions: other, and not galera/healthy"
    assert before.startswith("before all defects comes ")
    assert not cause_missed([replace(of_both, seen_by={**ONE.seen_by, "galera/versions": "other"},
                                     cause="galera/versions")], seen)  # fmt: skip


def test_a_defect_that_left_no_trace_has_no_cause() -> None:
    nothing = Evidence(Verdict.PASS, (), 1, 1)
    assert cause_missed([ONE], nothing)[0] == "one: the first cause is nothing, and not galera/healthy"


def test_a_report_is_judged_as_promote_judges_it() -> None:
    row = {"component": "galera", "host": "a-1", "check": "healthy", "seen": "dead", "test": "t"}
    report = {"protocol": 1, "gate": "smoke", "complete": True, "reliance": TOLD}
    rows = [row | {"outcome": "failed"}, row | {"check": "journal", "outcome": "skipped"}]
    seen = evidence(json.dumps(report | {"checks": rows}))
    assert seen.findings == (finding("galera/healthy", "a-1", "dead", test="t"),)
    assert seen.reliance == RELIANCE


def test_what_must_be_unclear_is_not_seen_by_what_is_red() -> None:
    row = {"component": "ovn", "check": "journal", "host": "o-1", "seen": "it begins late"}
    unclear = replace(ONE, seen_by={}, unclear_by={"ovn/journal": "begins"})
    judge([unclear], [row | {"outcome": "inconclusive"}])
    with pytest.raises(AssertionError, match="ovn/journal said 'yes'"):
        judge([unclear], [row | {"outcome": "failed"}])
