"""A plan that is kept in a file: exactly this is promoted, or nothing."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green, refused

from pipeline.core.plan import Change, Plan, Step, Undo
from pipeline.core.plan_digest import digest_of
from pipeline.core.retries import Retry
from pipeline.testing.deployer import Recipe

STEP = Step("a", "host", "h", "make a", ("b",), Undo(possible=False, why="w"), {"deep": [{"x": None}]})
OTHER = replace(STEP, id="b", needs=())
PLAN = Plan((STEP, OTHER), summary=(Change("h", "made"),), new=True)


def test_the_digest_is_of_what_the_plan_would_do() -> None:
    written = (
        '{"refusals":[],"steps":['
        '{"action":{"deep":[{"x":null}]},"host":"h","id":"a","kind":"host","needs":["b"],"title":"make a",'
        '"undo":{"possible":false,"why":"w"}},'
        '{"action":{"deep":[{"x":null}]},"host":"h","id":"b","kind":"host","needs":[],"title":"make a",'
        '"undo":{"possible":false,"why":"w"}}],"summary":[["h","made"]]}'
    )
    assert digest_of(PLAN) == hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.parametrize(
    "same",
    [
        replace(PLAN, retries=(Retry("observe h", 1, "it did not answer"),)),
        replace(PLAN, steps=(OTHER, STEP)),
        replace(PLAN, steps=(replace(STEP, action={"deep": ({"x": None},)}), OTHER)),
    ],
    ids=["tried again", "listed in another order", "read from the ledger"],
)
def test_a_plan_that_would_do_the_same_has_the_same_digest(same: Plan) -> None:
    assert digest_of(same) == digest_of(PLAN)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, steps=(STEP,)),
        replace(PLAN, steps=(replace(STEP, action={"deep": []}), OTHER)),
        replace(PLAN, steps=(replace(STEP, title="make b"), OTHER)),
        replace(PLAN, steps=(replace(STEP, needs=()), OTHER)),
        replace(PLAN, refusals=("no",)),
        replace(PLAN, summary=(Change("h", "harmless"),)),
    ],
    ids=["a step less", "another action", "another title", "other needs", "a refusal", "another summary"],
)
def test_a_plan_that_would_do_anything_else_has_another_digest(other: Plan) -> None:
    assert digest_of(other) != digest_of(PLAN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def planned(desk: Desk, file: Path) -> dict:
    """The plan of the first stage, written to the file."""
    argv = green(desk)
    assert desk("plan", *argv, "--out", str(file)) == 0, desk.err
    return json.loads(file.read_text())


def test_the_file_says_what_the_plan_would_do_and_promotes_it(desk: Desk, file: Path) -> None:
    written = planned(desk, file)
    assert desk.out.endswith(f"to promote exactly this: promote --plan {file}\n")
    assert f"plan digest: {written['digest']}" in desk.out
    assert (written["protocol"], written["stage"], written["alias"]) == (1, "dev", None)
    assert written["summary"] == [{"host": "a", "change": "becomes 1"}]
    assert desk.document("plan", "--stage", "dev")["digest"] == written["digest"]

    assert desk("--plan", str(file)) == 0, desk.err

    attempt = desk.bench.shop().history().attempts["p1"]
    assert (attempt.release, attempt.expects) == (written["release"], written["digest"])
    assert desk.bench.world.stages["dev"] == {"a": "1"}


def test_a_plan_that_the_world_has_moved_away_from_is_refused_and_changes_nothing(
    desk: Desk, file: Path
) -> None:
    planned(desk, file)
    desk.bench.world.stages["dev"] = {"a": "0", "b": "by hand"}
    assert desk("--plan", str(file)) == 0, desk.err  # the same plan: a becomes 1, whatever it was
    assert desk("--plan", str(file)) == 9

    assert "this is not the plan that was asked for: it would do something else by now" in desk.err
    history = desk.bench.shop().history()
    assert [attempt.outcome.value for attempt in history.attempts.values()] == ["verified", "refused"]
    assert not history.attempts["p2"].touched
    assert desk.bench.world.calls[-1].startswith("plan dev"), "and no deployment begins"
    trouble = history.attempts["p2"].plan_trouble
    assert trouble is not None
    assert trouble.next.startswith("promote plan --stage dev --release")


def test_a_plan_that_moves_while_the_engine_is_down_is_refused_when_it_is_resumed(
    desk: Desk, file: Path
) -> None:
    planned(desk, file)
    desk.interrupted("--plan", str(file), after=1)
    assert desk.bench.shop().history().attempts["p1"].outcome is None
    desk.bench.world.stages["dev"] = {"a": "1"}

    assert desk("resume") == 9
    assert "this is not the plan that was asked for" in desk.err


def test_a_plan_that_was_begun_goes_on_whatever_it_has_changed_itself(desk: Desk, file: Path) -> None:
    planned(desk, file)
    desk.interrupted("--plan", str(file), after=6)
    assert desk.bench.world.stages["dev"] == {"a": "1"}

    assert desk("resume") == 0, desk.err


def test_what_is_named_beside_a_plan_must_agree_with_it(desk: Desk, file: Path) -> None:
    release = planned(desk, file)["release"]

    assert desk("--plan", str(file), "--stage", "staging") == 2
    assert "the plan is for dev, and not for staging" in desk.err
    assert desk("--plan", str(file), "--release", "r7") == 2
    assert "the plan is not of release r7" in desk.err
    assert desk("--plan", str(file), "--stage", "dev", "--release", release[:8]) == 0


def test_a_plan_of_a_checkout_that_was_never_pinned_is_not_promoted_from_another(
    desk: Desk, file: Path
) -> None:
    planned(desk, file)
    desk.bench.commit("second", a="2")

    assert desk("--plan", str(file)) == 9
    assert "which is not pinned in this site" in desk.err
    assert not desk.bench.shop().history().releases


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"protocol": 2}, "its protocol is 2; this version reads 1"),
        ({"steps": []}, "it was changed since it was written"),
        ({"summary": []}, "it was changed since it was written"),
        ({"stage": 7}, "stage: 7 is not a str"),
        ({"digest": "0" * 64}, "it was changed since it was written"),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(
    desk: Desk, file: Path, change: dict[str, object], why: str
) -> None:
    file.write_text(json.dumps(planned(desk, file) | change))

    assert desk("--plan", str(file)) == 2
    assert why in desk.err
    assert "next: promote plan --stage NAME --out FILE" in desk.err


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000])
def test_a_file_that_holds_no_plan_is_refused(desk: Desk, file: Path, text: str) -> None:
    green(desk)
    file.write_text(text)

    assert desk("--plan", str(file)) == 2
    assert "this is no plan that can be promoted" in desk.err
    assert desk("--plan", str(file.parent / "none.json")) == 2


def test_a_plan_that_refuses_and_a_file_that_cannot_be_written_are_errors(desk: Desk, file: Path) -> None:
    argv = refused(desk)
    assert desk("plan", *argv, "--out", str(file)) == 9
    assert "it refuses" in desk.err
    assert not file.exists()

    desk.bench.world.recipes[desk.bench.revisions.pin.id] = Recipe({"a": "1"})
    assert desk("plan", *argv, "--out", str(file.parent / "none" / "plan.json")) == 2
    assert "the plan cannot be written" in desk.err
