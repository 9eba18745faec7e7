"""A promotion ends by GitLab's freezes as they are, and a fault changes that only where the line says so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from runs import interrupt

from pipeline.adapters.gitlab_forge import GitlabForge
from pipeline.core.ci_job import CiJob
from pipeline.core.errors import Deferred, StagegateError, UsageProblem
from pipeline.core.forge_rule import DeploymentOwner, ForgeRule, Silence
from pipeline.core.kinds import Outcome
from pipeline.core.transitions import Phase
from pipeline.engine.line import set_line
from pipeline.engine.promote import Wish, promote
from pipeline.engine.resume import resume
from pipeline.engine.telling import telling
from pipeline.testing import Bench
from pipeline.testing.gitlab import FakeGitlab, Fault

LIMIT_S = 0.3
WEEKEND = {"id": 1, "freeze_start": "0 23 * * 5", "freeze_end": "0 8 * * 1", "cron_timezone": "UTC"}
MONDAY = datetime.fromisoformat("2026-11-30T08:00Z").timestamp()
SATURDAY = datetime.fromisoformat("2026-11-28T08:00Z").timestamp()


@pytest.fixture
def gitlab(bench: Bench) -> Iterator[FakeGitlab]:
    """A GitLab, of a bench where a first release stands in dev, and a second one may enter on a Saturday."""
    assert ended(bench) == "verified"
    bench.clock.time = SATURDAY
    bench.commit("second", a="2")
    with FakeGitlab(now=bench.clock.now, patience_s=2 * LIMIT_S) as server:
        bench.forge = GitlabForge(server.url, "group/project", server.token, limit_s=LIMIT_S)
        yield server


def taking(bench: Bench, rule: ForgeRule) -> None:
    shop = bench.shop()
    line = shop.history().line
    assert line is not None
    first, *others = line.stages
    set_line(shop, replace(line, stages=(replace(first, forge=rule), *others)), "a test", expected=line)


def ended(bench: Bench) -> str:
    """How a promotion into dev ends."""
    try:
        return promote(bench.shop(), Wish("dev")).outcome.value
    except Deferred as waits:
        return f"not before {waits.until:.0f}"
    except StagegateError as other:
        return type(other).__name__


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("silence", Silence)
@pytest.mark.parametrize("periods", [[WEEKEND], []], ids=["frozen", "free"])
def test_a_fault_that_passes_changes_nothing(
    bench: Bench, gitlab: FakeGitlab, fault: Fault, silence: Silence, periods: list[dict[str, object]]
) -> None:
    taking(bench, ForgeRule(freezes=True, silence=silence))
    gitlab.project.freeze_periods = periods
    gitlab.faults = [fault]
    assert ended(bench) == (f"not before {MONDAY:.0f}" if periods else "verified")


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.TOO_MANY, Fault.LOST, Fault.CUT, Fault.NONSENSE])
def test_a_gitlab_that_stays_down_changes_nothing_once_its_calendar_is_known(
    bench: Bench, gitlab: FakeGitlab, fault: Fault
) -> None:
    taking(bench, ForgeRule(freezes=True))
    gitlab.project.freeze_periods = [WEEKEND]
    assert ended(bench) == f"not before {MONDAY:.0f}"
    gitlab.faults = [fault] * 200
    assert ended(bench) == f"not before {MONDAY:.0f}"
    bench.clock.time = MONDAY
    assert ended(bench) == "verified"


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.UNHEARD])
def test_a_gitlab_that_never_answered_stops_only_what_the_line_has_wait(
    bench: Bench, gitlab: FakeGitlab, fault: Fault
) -> None:
    gitlab.faults = [fault] * 200
    taking(bench, ForgeRule(freezes=True, silence=Silence.WAIT))
    assert ended(bench).startswith("not before")
    taking(bench, ForgeRule(freezes=True))
    assert ended(bench) == "verified"


def test_a_token_that_may_not_read_the_calendar_is_no_answer(bench: Bench, gitlab: FakeGitlab) -> None:
    taking(bench, ForgeRule(freezes=True))
    bench.forge = GitlabForge(gitlab.url, "42", gitlab.job_token, of_job=True)
    assert ended(bench) == "verified"
    assert any("could not be read, none is known: GitLab refuses: 403" in one for one in bench.quiet.messages)


@pytest.mark.parametrize(("tier", "told"), [("premium", ["anna"]), ("free", [])])
def test_approvals_are_there_with_premium_and_missed_by_nobody_without(
    bench: Bench, gitlab: FakeGitlab, tier: str, told: list[str]
) -> None:
    taking(bench, ForgeRule(approvals=True))
    gitlab.project.premium = tier == "premium"
    row = gitlab.project.deployed(bench.revisions.pin.commit, "dev", job=7)
    row["approvals"] = [{"user": {"username": "anna"}, "status": "approved", "comment": ""}]
    assert ended(bench) == "verified"
    *_, last = bench.shop().history().attempts.values()
    assert [one.person for one in last.given] == told


def promoted(bench: Bench, job: CiJob | None) -> None:
    bench.job = job
    with telling(bench.shop()) as shop:
        assert promote(shop, Wish("dev")).outcome is Outcome.VERIFIED


def job_of(bench: Bench, environment: str) -> CiJob:
    url = "https://gitlab.example/group/project/-/jobs/7"
    return CiJob(url, bench.revisions.pin.commit, "main", 5, environment)


@pytest.mark.parametrize(
    ("owner", "environment", "recorded"),
    [
        (DeploymentOwner.WHOEVER, "dev", 0),
        (DeploymentOwner.WHOEVER, "", 1),
        (DeploymentOwner.JOB, "dev", 0),
        (DeploymentOwner.JOB, "", 0),
        (DeploymentOwner.API, "", 1),
    ],
)
def test_a_deployment_is_recorded_by_its_one_owner(
    bench: Bench, gitlab: FakeGitlab, owner: DeploymentOwner, environment: str, recorded: int
) -> None:
    taking(bench, ForgeRule(deployments=owner))
    promoted(bench, job_of(bench, environment))
    assert len(gitlab.project.deployments) == recorded


def test_a_job_that_would_record_what_the_api_does_is_refused(bench: Bench, gitlab: FakeGitlab) -> None:
    taking(bench, ForgeRule(deployments=DeploymentOwner.API))
    bench.job = job_of(bench, "dev")
    with pytest.raises(UsageProblem, match="would be recorded twice") as refused:
        promote(bench.shop(), Wish("dev"))
    assert "action: verify" in refused.value.next
    assert gitlab.requests == []


def resumed(bench: Bench) -> str:
    """How an attempt in dev goes on."""
    try:
        return resume(bench.shop(), "dev").outcome.value
    except Deferred as waits:
        return f"not before {waits.until:.0f}"


@pytest.fixture
def without_a_plan(bench: Bench, gitlab: FakeGitlab) -> Bench:
    """An attempt that a signal has ended before it had a plan; GitLab had told of no freeze."""
    del gitlab
    taking(bench, ForgeRule(freezes=True, silence=Silence.WAIT))
    interrupt(bench, lambda: promote(bench.shop(), Wish("dev")), after=3)
    history = bench.shop().history()
    assert history.attempts[history.stage("dev").open or ""].phase is Phase.PLANNING
    return bench


def test_what_had_no_plan_yet_asks_again_when_it_goes_on(without_a_plan: Bench, gitlab: FakeGitlab) -> None:
    gitlab.project.freeze_periods = [WEEKEND]
    assert resumed(without_a_plan) != "verified"


def test_what_had_no_plan_yet_waits_for_an_answer_where_the_line_does(
    without_a_plan: Bench, gitlab: FakeGitlab
) -> None:
    gitlab.faults = [Fault.ERROR] * 200
    assert resumed(without_a_plan).startswith("not before")
    gitlab.faults = []
    assert resumed(without_a_plan) == "verified"
