"""What a forge is told is a function of the events."""

from dataclasses import replace

import pytest
from legs_ways import LEGS

from pipeline.core import events as ev
from pipeline.core.ci_job import CiJob
from pipeline.core.due import Due, delivered, due
from pipeline.core.errors import IllegalTransition
from pipeline.core.history import History, replay
from pipeline.core.messages import CommitStatus, Deployment, Issue, Note, Progress, ReleasePage
from pipeline.core.telling import quoted
from pipeline.engine.gate import run_gate
from pipeline.engine.promote import Wish, promote
from pipeline.engine.resume import resume
from pipeline.testing import Bench, Crash, Trap, make_pin
from pipeline.testing.deployer import Recipe

COMMIT = make_pin("first").commit
JOB = CiJob("https://gitlab.example/group/project/-/jobs/7", COMMIT, "main", 5, "dev")
OPENED = ev.OutboxOpened("https://gitlab.example", "group/project", "3fa2")


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.commit("first", a="1")
    made.shop().ledger.append([OPENED])
    return made


def state(bench: Bench, until: int | None = None) -> History:
    return replay(bench.store.records[:until])


def run(bench: Bench, *stages: str) -> None:
    for stage in stages or ("dev",):
        promote(bench.shop(), Wish(stage))


def kinds(waiting: tuple[Due, ...]) -> list[str]:
    return [one.key for one in waiting]


def told(history: History, waiting: Due, remote: str = "1") -> History:
    record = ev.Record(history.head + 1, 0.0, delivered(history, waiting, remote))
    return replay([record], history)


def test_nobody_is_told_of_what_began_before_the_outbox_was_opened() -> None:
    early = Bench()
    early.commit("first", a="1")
    run(early)
    assert due(early.shop().history()) == ()

    early.shop().ledger.append([OPENED])
    assert due(early.shop().history()) == ()
    run(early)
    assert {one.key.partition("/")[2] for one in due(early.shop().history())} == {"p2"}


def test_a_promotion_is_a_status_a_deployment_and_a_note(bench: Bench) -> None:
    run(bench)
    status, deployment, note = (one.message for one in due(state(bench)))

    assert isinstance(status, CommitStatus)
    assert isinstance(deployment, Deployment)
    assert isinstance(note, Note)
    assert (status.name, status.commit, status.progress) == ("stagegate/dev", COMMIT, Progress.SUCCESS)
    assert status.description == "p1@3fa2: verified; smoke pass"
    assert (deployment.environment, deployment.progress) == ("dev", Progress.SUCCESS)
    assert note.body.startswith("**dev**: r1 verified; smoke pass\n")


def test_it_is_told_while_it_is_under_way_and_is_a_deployment_from_its_first_step_on(bench: Bench) -> None:
    run(bench)
    records = bench.store.records
    start = next(r.seq for r in records if isinstance(r.event, ev.AttemptStarted))
    step = next(r.seq for r in records if isinstance(r.event, ev.StepStarted))

    assert kinds(due(state(bench, start))) == ["status/p1", "note/p1"]
    assert kinds(due(state(bench, step - 1))) == ["status/p1", "note/p1"]
    under_way = due(state(bench, step))
    assert kinds(under_way) == ["status/p1", "deployment/p1", "note/p1"]
    assert under_way[0].message.progress is under_way[1].message.progress is Progress.RUNNING


@pytest.mark.parametrize(
    ("job", "owner"),
    [
        (None, "the API"),
        (JOB, "the job"),
        (replace(JOB, environment="prod"), "the API"),
        (replace(JOB, environment=""), "the API"),
        (replace(JOB, commit="another"), "the API"),
    ],
)
def test_a_deployment_has_one_owner(bench: Bench, job: CiJob | None, owner: str) -> None:
    bench.job = job
    run(bench)
    assert ("deployment/p1" in kinds(due(state(bench)))) == (owner == "the API")


AGAIN = replace(JOB, url=f"{JOB.url}8")


@pytest.mark.parametrize(
    ("job", "progress"),
    [(None, Progress.SUCCESS), (replace(AGAIN, environment=""), Progress.SUCCESS), (AGAIN, None)],
)
def test_what_went_on_outside_the_job_that_began_it_is_a_deployment_of_its_own(
    bench: Bench, job: CiJob | None, progress: Progress | None
) -> None:
    bench.job = JOB
    probe, rehearsal = Trap(), Bench()
    rehearsal.commit("first", a="1")
    promote(rehearsal.shop(probe), Wish("dev"))
    with pytest.raises(Crash):
        promote(bench.shop(Trap(at=probe.seen.index("before gate smoke"))), Wish("dev"))
    bench.job = job
    resume(bench.shop(), "dev")
    waiting = due(state(bench))
    assert [one.message.progress for one in waiting if isinstance(one.message, Deployment)] == (
        [progress] if progress else []
    )
    assert state(bench).attempts["p1"].job == JOB


def test_a_status_is_in_the_pipeline_of_its_own_commit_alone(bench: Bench) -> None:
    bench.job = JOB
    run(bench)
    bench.job = replace(JOB, commit="another")
    run(bench)
    own, other = (one.message for one in due(state(bench)) if isinstance(one.message, CommitStatus))
    assert (own.pipeline, own.ref, own.url) == (5, "main", JOB.url)
    assert (other.pipeline, other.ref, other.url) == (0, "", JOB.url)


def test_a_failure_is_an_issue_and_its_rollback_a_deployment_of_what_it_goes_back_to(bench: Bench) -> None:
    run(bench)
    bench.commit("second", a="2")
    bench.answers["smoke of " + make_pin("second").id] = "failed"
    run(bench)
    waiting = due(state(bench))

    assert kinds(waiting)[3:] == ["status/p2", "deployment/p2", "note/p2", "issue/p2", "deployment/p3"]
    failed, issue, back = (waiting[place].message for place in (4, 6, 7))
    assert (failed.commit, failed.progress) == (make_pin("second").commit, Progress.FAILED)
    assert (back.commit, back.progress) == (COMMIT, Progress.SUCCESS)
    assert isinstance(issue, Issue)
    assert issue.title == "dev: promotion of r2 failed (p2)"
    assert "test_smoke.py::test_it on -: the thing was failed" in issue.body
    assert "`promote show p2`" in issue.body


@pytest.mark.parametrize("irreversible", [{}, {"c": "c was `contracted`"}])
def test_the_issue_says_so_where_the_stage_can_not_be_rolled_back(
    bench: Bench, irreversible: dict[str, str]
) -> None:
    run(bench)
    legged = bench.commit("second")
    things = dict.fromkeys("abc", "1")
    bench.world.recipes[legged] = Recipe(things, {"b": ("a",)}, legs=LEGS, irreversible=irreversible)
    bench.answers["smoke in leg cut-over"] = "failed"
    run(bench)
    (issue,) = (one.message for one in due(state(bench)) if isinstance(one.message, Issue))
    said = "The stage is not rolled back, and is unverified: `step c can't be undone: c was 'contracted'`"
    assert (said in issue.body) == bool(irreversible)
    assert ("not rolled back" in issue.body) == bool(irreversible)


def test_what_passes_the_last_stage_is_a_release_with_links_to_the_evidence_of_each(bench: Bench) -> None:
    bench.job = JOB
    run(bench, "dev", "staging")
    assert not [one for one in due(state(bench)) if isinstance(one.message, ReleasePage)]
    bench.job = replace(JOB, url=f"{JOB.url}8")
    run(bench, "prod")
    (page,) = (one.message for one in due(state(bench)) if isinstance(one.message, ReleasePage))

    assert (page.tag, page.commit, page.name) == ("stagegate-r1-3fa2", COMMIT, "r1")
    assert [(link.name, link.url) for link in page.links] == [
        ("evidence of dev (p1), staging (p2)", f"{JOB.url}/artifacts/browse"),
        ("evidence of prod (p3)", f"{JOB.url}8/artifacts/browse"),
    ]


def test_a_job_that_brought_a_release_through_several_stages_is_linked_once(bench: Bench) -> None:
    bench.job = JOB
    run(bench, "dev", "staging", "prod")
    (page,) = (one.message for one in due(state(bench)) if isinstance(one.message, ReleasePage))
    assert [link.name for link in page.links] == ["evidence of dev (p1), staging (p2), prod (p3)"]


def test_of_an_ad_hoc_gate_nothing_is_told(bench: Bench) -> None:
    run(bench)
    run_gate(bench.shop(), "smoke", "dev")
    assert not [key for key in kinds(due(state(bench))) if key.endswith("/p2")]


def test_what_was_delivered_waits_no_more_until_it_changes(bench: Bench) -> None:
    run(bench)
    step = next(r.seq for r in bench.store.records if isinstance(r.event, ev.StepStarted))
    history = state(bench, step)
    for waiting in due(history):
        history = told(history, waiting, "77")
    assert due(history) == ()
    assert history.outbox.deployments == {"dev": "77"}
    assert history.outbox.cursor == 1  # it is under way

    for record in bench.store.records[step:]:
        history = replay([replace(record, seq=history.head + 1)], history)
    assert kinds(due(history)) == ["status/p1", "deployment/p1", "note/p1"]
    assert {history.outbox.known(one.key).remote for one in due(history)} == {"77"}


def test_the_cursor_passes_what_is_wholly_told_and_lets_it_go(bench: Bench) -> None:
    run(bench)
    run_gate(bench.shop(), "smoke", "dev")
    run(bench)
    history = state(bench)
    first = [one for one in due(history) if one.key.endswith("/p1")]
    for waiting in reversed(first):
        history = told(history, waiting)
    assert history.outbox.cursor == 3  # past the ad hoc gate, too
    assert history.outbox.sent == {}
    for waiting in due(history):
        history = told(history, waiting)
    assert (history.outbox.cursor, due(history)) == (4, ())


def test_an_attempt_that_ended_while_its_beginning_was_told_is_not_passed(bench: Bench) -> None:
    run(bench)
    bench.commit("second", a="2")
    bench.answers["smoke of " + make_pin("second").id] = "failed"
    run(bench)
    history = state(bench)
    for waiting in due(history)[:-1]:
        history = told(history, waiting)
    (last,) = due(history)  # all that is told of a rollback
    assert last.key == "deployment/p3"
    begun = Due(last.key, "of when it was under way", replace(last.message, progress=Progress.RUNNING))

    history = told(history, begun)

    assert kinds(due(history)) == ["deployment/p3"]
    assert due(told(history, due(history)[0])) == ()


def test_another_project_hears_of_what_begins_from_then_on(bench: Bench) -> None:
    run(bench)
    bench.shop().ledger.append([replace(OPENED, project="group/other")])
    assert due(state(bench)) == ()
    run(bench)
    assert {one.key.partition("/")[2] for one in due(state(bench))} == {"p2"}


def test_a_delivery_to_nobody_and_one_of_nothing_are_impossible() -> None:
    for before, key in (([], "note/p1"), ([OPENED], "note")):
        records = [ev.Record(n, 0.0, event) for n, event in enumerate([*before, ev.Delivered(key, "v")], 1)]
        with pytest.raises(IllegalTransition):
            replay(records)


def test_what_hosts_say_is_neither_a_command_nor_a_mention_to_gitlab() -> None:
    assert quoted("no\n/close\n@all `#1`") == "`no /close @all '#1'`"
    assert len(quoted("x" * 999)) == 202


def test_the_outbox_is_part_of_what_a_snapshot_keeps(bench: Bench) -> None:
    run(bench)
    shop = bench.shop()
    before = shop.history()
    shop.keep_snapshot(few=1)
    assert bench.snapshots.newest().history.outbox == before.outbox
