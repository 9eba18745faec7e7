"""The plan as a note on a merge request: what would change, host by host, and policy's word on it."""

import pytest
from desk import Desk, green, held

from pipeline.core.ci_job import CiJob
from pipeline.core.messages import Note
from pipeline.core.plan import Change, Plan, Step, Undo
from pipeline.core.plan_note import plan_note
from pipeline.core.policy.decision import Allow, Defer, Deny, Obstacle
from pipeline.core.release import Release
from pipeline.core.stages import StageGraph
from pipeline.testing import FakeForge, make_pin

RELEASE = Release("r3", make_pin("x"), StageGraph(()))
PLAN = Plan(
    steps=(
        Step("image", "image", None, "build the image"),
        Step("manifest/a", "manifest", "a", "apply the manifest", ("image",)),
        Step("schema", "schema", "a", "drop a column", ("manifest/a",), Undo(possible=False, why="data go")),
    ),
    summary=(Change("a", "haproxy.cfg"), Change("b", "kept as it is")),
)
ALLOWED = Allow(("verified in dev",))


def note(decision: object = ALLOWED, plan: Plan = PLAN) -> list[str]:
    return plan_note("staging", RELEASE, decision, plan, "abcdef0123456789").splitlines()


def test_each_host_has_its_changes_and_steps_and_what_cannot_be_undone_is_marked() -> None:
    lines = note()
    assert lines[0] == f"**staging**, plan of r3 `{RELEASE.id[:12]}`: steps: 3, hosts: 1"
    block = lines[lines.index("```diff") + 1 : lines.index("```")]
    assert block == [
        "@@ a @@",
        "! haproxy.cfg",
        "+ apply the manifest",
        "- drop a column (can't be undone: data go)",
        "@@ b @@",
        "! kept as it is",
        "@@ the stage as a whole @@",
        "+ build the image",
    ]
    assert lines[-1] == "Plan digest: `abcdef012345`"


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (ALLOWED, "- policy: it may enter"),
        (Deny(Obstacle.HELD, ("held",), ""), "- policy: it may **not** enter now"),
        (Defer(("soak",), 0.0), "- policy: it may not enter before 1970-01-01T00:00:00Z"),
    ],
)
def test_it_has_the_word_of_policy_and_its_reasons(decision: object, word: str) -> None:
    lines = note(decision)
    assert lines[2] == word
    assert lines[3] == f"- `{decision.reasons[0]}`"


def test_no_text_of_a_host_ends_the_block_or_begins_a_command() -> None:
    lines = note(plan=Plan(summary=(Change("a", "x\n```\n/close"),)))
    assert lines.count("```") == 1
    assert "! x ''' /close" in lines


def test_a_long_one_is_cut_and_says_so() -> None:
    lines = note(plan=Plan(summary=tuple(Change("a", str(number)) for number in range(400))))
    assert "… and 101 lines more: `promote plan`" in lines
    assert len(lines) < 320


@pytest.fixture
def request_of(desk: Desk) -> FakeForge:
    """The desk is a job of merge request 12."""
    desk.bench.forge = FakeForge()
    desk.bench.job = CiJob("https://gitlab.example/j/1", "c1", merge_request=12)
    return desk.bench.forge


def plan(desk: Desk, *more: str) -> int:
    return desk("plan", "--stage", "staging", "--checkout", "--note", *more)


def test_the_plan_of_the_checkout_is_on_the_merge_request_also_for_a_stage_that_it_may_not_enter(
    desk: Desk, request_of: FakeForge
) -> None:
    green(desk)

    assert plan(desk) == 9  # as the promotion would

    (found,) = request_of.there.values()
    assert isinstance(found, Note)
    assert (found.request, found.mark) == (12, "plan of staging")
    assert "it may **not** enter now" in found.body
    assert "@@ a @@" in found.body
    assert desk.bench.store.rows == []


def test_it_is_written_in_place_of_the_one_before_and_one_for_each_stage(
    desk: Desk, request_of: FakeForge
) -> None:
    green(desk)
    plan(desk)
    before = dict(request_of.there)
    desk.bench.commit("second", a="2")
    plan(desk)
    assert request_of.there.keys() == before.keys()
    assert request_of.there != before
    desk("plan", "--stage", "dev", "--note")
    assert len(request_of.there) == 2


def test_a_gitlab_that_is_down_is_a_warning_and_the_plan_is_shown(desk: Desk, request_of: FakeForge) -> None:
    held(desk)
    code = plan(desk)
    shown = desk.out
    request_of.down = True
    assert plan(desk) == code
    assert desk.out == shown
    assert "the plan is not on merge request 12: GitLab did not answer" in desk.err


def test_outside_a_job_of_a_merge_request_it_is_a_mistake(desk: Desk) -> None:
    green(desk)
    assert plan(desk) == 2
    assert "STAGEGATE_GITLAB_TOKEN" in desk.err
    desk.bench.forge = FakeForge()
    assert plan(desk) == 2
    assert "CI_MERGE_REQUEST_IID" in desk.err


def test_the_checkout_is_not_another_release(desk: Desk) -> None:
    assert desk("plan", "--stage", "dev", "--checkout", "--release", "r1") == 2
