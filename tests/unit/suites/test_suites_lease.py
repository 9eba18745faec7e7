"""A suite disturbs a stage only while it belongs to the run that started the suite."""

import json
from pathlib import Path

import pytest
from suites_sample import REPOSITORY, Sample

from pipeline.core.judgement import SuiteRun, judge
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Verdict
from suites.errors import LeaseLost
from suites.seam.lease import Lease, require_ours
from suites.seam.roster import read_roster


@pytest.fixture
def lease(tmp_path: Path) -> Lease:
    return Lease(tmp_path / "staging.json", 6)


def test_the_stage_is_ours_while_no_other_token_was_granted(lease: Lease) -> None:
    lease.file.write_text('{"token": 6}\n')
    require_ours(lease, "staging")
    lease.file.write_text('{"token": 7}\n')
    with pytest.raises(LeaseLost) as caught:
        require_ours(lease, "staging")
    assert str(caught.value) == (
        "staging: the lease was taken over by another run: its token is 7, this run's was 6\n"
        "  next: promote status"
    )


def test_without_a_lease_nothing_is_looked_at() -> None:
    require_ours(None, "staging")


@pytest.mark.parametrize("text", [None, "", "{}", "[]", "7", '{"token": null}', '{"token": "x"}', "\0"])
def test_a_stage_is_not_ours_if_the_file_does_not_say_so(lease: Lease, text: str | None) -> None:
    if text is not None:
        lease.file.write_text(text)
    with pytest.raises(
        LeaseLost, match="it is unknown whether this run still has the lease, token 6"
    ) as caught:
        require_ours(lease, "staging")
    assert f"{lease.file} can't be read: " in caught.value.why


def test_the_roster_carries_the_lease(tmp_path: Path, lease: Lease) -> None:
    path = tmp_path / "roster.json"
    entry = {"component": "right", "host": "database-1", "check": "comes_back"}
    path.write_text(json.dumps({"roster": [entry], "lease": {"file": str(lease.file), "token": 6}}))
    assert read_roster(path).lease == lease


def test_a_restart_gate_whose_run_lost_the_lease_is_inconclusive_and_says_why(
    sample: Sample, lease: Lease
) -> None:
    sample.write("restart/test_restart.py", (REPOSITORY / "suites/restart/test_restart.py").read_text())
    entry = {"component": "right", "host": "database-1", "check": "comes_back"}
    lease.file.write_text('{"token": 7}\n')

    ran = sample.gate("restart", roster=[entry], lease={"file": str(lease.file), "token": 6})

    wanted = Roster((RosterEntry(**entry),), 60, "digest")
    evidence = judge("restart", wanted, SuiteRun((ran.into / "report.json").read_text()))
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert "the lease was taken over by another run: its token is 7" in evidence.findings[0].seen
