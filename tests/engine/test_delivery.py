"""The forge is told once of everything, and no promotion ends otherwise because of it."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from pipeline.adapters.gitlab_forge import GitlabForge
from pipeline.core import events as ev
from pipeline.core.due import due
from pipeline.core.errors import ForgeUnreachable, NotEligible, RunInterrupted, StageLocked
from pipeline.core.kinds import Outcome
from pipeline.core.messages import CommitStatus
from pipeline.engine.delivery import OUTBOX, deliver, drop
from pipeline.engine.promote import Wish, promote
from pipeline.engine.result import RunResult
from pipeline.engine.resume import resume
from pipeline.engine.telling import telling
from pipeline.testing import Bench, Crash, Trap
from pipeline.testing.gitlab import FakeGitlab, Fault

LIMIT_S = 0.3


@pytest.fixture
def gitlab(bench: Bench) -> Iterator[FakeGitlab]:
    """A GitLab that the bench's engines tell."""
    with FakeGitlab(now=bench.clock.now, patience_s=2 * LIMIT_S) as server:
        server.project.merged(12, bench.revisions.pin.commit)
        bench.forge = GitlabForge(server.url, "group/project", server.token)
        yield server


def run(bench: Bench) -> RunResult:
    with telling(bench.shop()) as shop:
        return promote(shop, Wish("dev"))


def counts(gitlab: FakeGitlab) -> tuple[int, int, int]:
    project = gitlab.project
    return len(project.statuses), len(project.deployments), sum(map(len, project.notes.values()))


def delivered(bench: Bench) -> list[str]:
    return [record.event.key for record in bench.store.records if isinstance(record.event, ev.Delivered)]


def test_gitlab_hears_of_a_promotion_by_its_end(bench: Bench, gitlab: FakeGitlab) -> None:
    assert run(bench).outcome is Outcome.VERIFIED

    assert counts(gitlab) == (1, 1, 1)
    assert gitlab.project.statuses[0]["status"] == gitlab.project.deployments[0]["status"] == "success"
    assert due(bench.shop().history()) == ()
    assert OUTBOX not in bench.store.leases


def test_an_engine_without_a_forge_says_nothing_and_records_nothing_of_it(bench: Bench) -> None:
    run(bench)
    assert not any(isinstance(r.event, ev.OutboxOpened | ev.Delivered) for r in bench.store.records)
    assert bench.shop().history().outbox is None


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.TOO_MANY, Fault.LOST, Fault.UNHEARD])
def test_a_gitlab_that_is_down_changes_nothing_and_hears_later(
    bench: Bench, gitlab: FakeGitlab, fault: Fault
) -> None:
    if fault is Fault.LOST:
        bench.forge = GitlabForge(gitlab.url, "group/project", gitlab.token, limit_s=LIMIT_S)
    gitlab.faults = [fault] * 200
    assert run(bench).outcome is Outcome.VERIFIED
    assert len(due(bench.shop().history())) == 3
    assert any(message.startswith("not told: GitLab did not answer") for message in bench.quiet.messages)

    gitlab.faults = []
    shop = bench.shop()
    told = deliver(shop, shop.forge, 60)
    assert (len(told.told), told.waiting, told.troubles) == (3, (), ())
    assert counts(gitlab) == (1, 1, 1)


def test_as_long_as_gitlab_asks_for_is_waited_and_not_longer_than_there_is_time(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    promote(bench.shop(), Wish("dev"))
    shop, gitlab.retry_after = bench.shop(), "30"
    before = bench.clock.now()

    gitlab.faults = [Fault.TOO_MANY]
    assert deliver(shop, shop.forge, 20).told == ()
    assert bench.clock.now() == before
    assert gitlab.requests == []

    gitlab.faults = [Fault.TOO_MANY]
    assert len(deliver(shop, shop.forge, 60).told) == 3
    assert bench.clock.now() == before + 30


def test_what_is_refused_waits_and_holds_nothing_else_up(bench: Bench, gitlab: FakeGitlab) -> None:
    bench.forge = GitlabForge(gitlab.url, "group/project", gitlab.job_token, of_job=True)
    promote(bench.shop(), Wish("dev"))
    shop = bench.shop()

    told = deliver(shop, shop.forge, 60)

    assert [one.key for one in told.told] == ["deployment/p1"]
    assert [one.key for one in told.waiting] == ["status/p1", "note/p1"]
    assert len(told.troubles) == 2
    assert all("403" in trouble for trouble in told.troubles)


def test_what_the_token_may_not_do_is_not_asked_for_of_every_attempt(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    bench.forge = GitlabForge(gitlab.url, "group/project", gitlab.job_token, of_job=True)
    for _ in range(5):
        promote(bench.shop(), Wish("dev"))
    shop = bench.shop()

    told = deliver(shop, shop.forge, 60)

    assert [one.key for one in told.told] == [f"deployment/p{number}" for number in range(1, 6)]
    assert sum("/statuses" in request for request in gitlab.requests) == 1


def test_one_commit_that_gitlab_does_not_know_does_not_hold_up_the_others(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    promote(bench.shop(), Wish("dev"))
    bench.commit("second", a="2")
    gitlab.project.commits = {bench.revisions.pin.commit}
    promote(bench.shop(), Wish("dev"))
    shop = bench.shop()

    deliver(shop, shop.forge, 60)

    assert [row["sha"] for row in gitlab.project.statuses] == [bench.revisions.pin.commit]


def test_news_are_told_before_what_was_refused_long_ago(bench: Bench, gitlab: FakeGitlab) -> None:
    for name in ("second", "third", "first"):
        bench.commit(name, a=name)
        promote(bench.shop(), Wish("dev"))
    gitlab.project.commits = {bench.revisions.pin.commit}
    shop = bench.shop()

    told = deliver(shop, shop.forge, 60)

    assert [one.key for one in told.told] == ["note/p3", "deployment/p3", "status/p3"]
    assert [row["sha"] for row in gitlab.project.deployments] == [bench.revisions.pin.commit]
    # A deployment that is late now would pass for the newest.
    assert not [one.key for one in told.waiting if one.kind == "deployment"]


def test_what_was_refused_once_is_not_asked_for_again_by_the_same_process(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    bench.forge = GitlabForge(gitlab.url, "group/project", gitlab.job_token, of_job=True)
    run(bench)
    assert sum("/statuses" in request for request in gitlab.requests) == 1


@pytest.mark.usefixtures("gitlab")
def test_one_thing_that_gitlab_cannot_answer_does_not_hold_up_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(bench.shop(), Wish("dev"))
    shop = bench.shop()

    def broken(_status: CommitStatus) -> str:
        raise ForgeUnreachable("GitLab did not answer", why="500")

    monkeypatch.setattr(bench.forge, "set_status", broken)
    told = deliver(shop, shop.forge, 60)

    assert sorted(one.key for one in told.told) == ["deployment/p1", "note/p1"]
    assert told.troubles == ("GitLab did not answer why: 500",)


def test_a_messenger_that_dies_anywhere_is_followed_by_one_that_tells_the_rest_once(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    promote(bench.shop(), Wish("dev"))
    trap = Trap()
    rows = list(bench.store.rows)
    deliver(bench.shop(trap), bench.forge, 60)
    calls = len(trap.seen)
    assert calls > 5
    for at in range(calls):
        bench.store.rows[:], bench.store.leases, bench.store.tokens = rows, {}, {}
        gitlab.project.__init__(bench.clock.now)
        gitlab.project.merged(12, bench.revisions.pin.commit)
        with pytest.raises(Crash):
            deliver(bench.shop(Trap(at=at)), bench.forge, 60)

        deliver(bench.shop(), bench.forge, 60)

        assert counts(gitlab) == (1, 1, 1)
        assert sorted(delivered(bench)) == ["deployment/p1", "note/p1", "status/p1"]


def test_two_do_not_tell_at_once(bench: Bench, gitlab: FakeGitlab) -> None:
    promote(bench.shop(), Wish("dev"))
    bench.shop().ledger.acquire(OUTBOX, "tell the forge", 60)
    other = bench.shop()
    bench.store.dead.clear()
    with pytest.raises(StageLocked, match="another process is telling the forge"):
        deliver(other, other.forge, 60)
    assert counts(gitlab) == (0, 0, 0)


def test_what_waits_for_one_project_is_not_told_to_another(bench: Bench, gitlab: FakeGitlab) -> None:
    promote(bench.shop(), Wish("dev"))
    shop = bench.shop()
    told = deliver(shop, GitlabForge(gitlab.url, "group/other", gitlab.token), 60)
    assert (told.told, len(told.waiting)) == ((), 3)
    assert told.troubles[0].startswith("this site tells group/project at http://127.0.0.1:")
    assert gitlab.requests == []


def test_a_process_that_knows_another_project_loses_nothing_of_what_waits(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    promote(bench.shop(), Wish("dev"))
    bench.forge = GitlabForge(gitlab.url, "42", gitlab.token)
    run(bench)
    assert len(due(bench.shop().history())) == 6
    assert any(message.startswith("not told: this site tells") for message in bench.quiet.messages)

    drop(bench.shop(), bench.forge)
    assert due(bench.shop().history()) == ()
    run(bench)
    assert [row["description"] for row in gitlab.project.statuses] == [
        f"p3@{bench.shop().history().outbox.mark}: verified; smoke pass"
    ]


def interrupted(bench: Bench) -> None:
    """An attempt in dev that is open."""
    bench.quiet.signal = 15
    with pytest.raises(RunInterrupted):
        promote(bench.shop(), Wish("dev"))
    bench.quiet.signal = None


@pytest.mark.usefixtures("gitlab")
def test_nothing_is_dropped_while_an_attempt_is_open_of_which_its_end_must_be_told(bench: Bench) -> None:
    interrupted(bench)
    shop = bench.shop()
    with pytest.raises(NotEligible, match="attempt p1 in dev has not ended") as caught:
        drop(shop, shop.forge)
    assert caught.value.next.endswith("promote resume --stage dev")
    assert OUTBOX not in bench.store.leases
    resume(bench.shop(), "dev")
    assert drop(shop, shop.forge)
    assert due(bench.shop().history()) == ()


@pytest.mark.usefixtures("gitlab")
def test_nothing_is_dropped_while_another_process_tells_it(bench: Bench) -> None:
    promote(bench.shop(), Wish("dev"))
    bench.shop().ledger.acquire(OUTBOX, "tell the forge", 60)
    shop = bench.shop()
    bench.store.dead.clear()
    with pytest.raises(StageLocked, match="another process is telling the forge"):
        drop(shop, shop.forge)
    assert len(due(shop.history())) == 3


def test_a_process_that_dies_while_it_tells_holds_others_up_for_no_longer_than_a_message_takes(
    bench: Bench, gitlab: FakeGitlab
) -> None:
    promote(bench.shop(), Wish("dev"))
    shop, sleep = bench.shop(), bench.clock.sleep
    left: list[float] = []

    def slept(seconds: float) -> None:
        left.append(bench.store.leases[OUTBOX].expires - bench.clock.now() - seconds)
        sleep(seconds)

    gitlab.retry_after, gitlab.faults = "400", [Fault.TOO_MANY]
    with patch.object(type(bench.clock), "sleep", lambda _clock, seconds: slept(seconds)):
        assert len(deliver(shop, shop.forge, 600).told) == 3
    assert len(left) > 1
    assert all(0 < one <= 90 for one in left), "the lease outlives every pause, and not by minutes"


def test_a_defect_in_telling_does_not_end_the_promotion_otherwise(
    bench: Bench, gitlab: FakeGitlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("pipeline.engine.telling.deliver", defect)
    assert run(bench).outcome is Outcome.VERIFIED
    assert bench.quiet.messages.count("not told: ZeroDivisionError: a defect") == 1
    assert counts(gitlab) == (0, 0, 0)
