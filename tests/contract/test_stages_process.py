"""What the engine may believe of a release's own stages: real children that behave and misbehave."""

import json
import signal
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from release_programs import CONTEXT, ROSTER, STEP, Release, answer

from pipeline.adapters.serving import Servings
from pipeline.core.errors import ChildCrashed, ChildRefused, ProtocolNotSpoken, StagegateError, TryAgain
from pipeline.core.plan import Inputs, Plan, Step, Trouble
from pipeline.core.retries import Retry
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.ports import Context, Target
from pipeline.testing import FakeDeployer, World
from pipeline.testing.deployer import Recipe

# What holds of a release's stages holds whether they take one call or all of a run.
pytestmark = pytest.mark.parametrize(
    "release", [False, True], ids=["a child a call", "serving"], indirect=True
)


NO_STEPS = answer(plan={"steps": [], "refusals": [], "summary": []})
ERROR = {"what": "it broke", "where": "h1", "why": "because", "next": "promote doctor"}


def test_fake_and_process_speak_of_plans_and_steps_in_the_same_values(release: Release) -> None:
    fake = FakeDeployer(World({"abc": Recipe({"thing": "1"})}))
    wanted = fake.plan(CONTEXT)
    steps = [asdict(step) | {"needs": []} for step in wanted.steps]
    changes = [asdict(change) for change in wanted.summary]
    real = release.stages(answer(plan={"steps": steps, "refusals": [], "summary": changes, "new": True}))

    assert real.plan(CONTEXT) == wanted
    made = fake.perform(CONTEXT, wanted.steps[0])
    real = release.stages(
        answer(ok=True, error=None, transient=False, receipt=made.receipt, artifacts=made.artifacts)
    )
    assert real.perform(CONTEXT, wanted.steps[0]) == made


def test_the_request_says_everything_the_seam_promises(release: Release) -> None:
    real = release.stages(
        """
        open("request.json", "w").write(json.dumps({
            "request": request, "verb": verb, "cwd": os.getcwd(),
            "path": os.environ["PYTHONPATH"], "session": os.getsid(0) == os.getpid()}))
        """
        + answer(ok=True)
    )
    real.perform(CONTEXT, STEP)

    seen = json.loads((release.code / "request.json").read_text())
    assert seen["request"] == {
        "protocol": 1,
        "site": str(release.site),
        "config": str(release.home.config),
        "stage": "staging",
        "release": "abc",
        "first": False,
        "artifacts": {"image": "sha256:1"},
        "token": 12,
        "promotion": "p7",
        "step": {
            "id": "thing",
            "kind": "host",
            "host": "database-1",
            "title": "make it",
            "needs": [],
            "undo": {"possible": False, "why": "no way"},
            "action": {"value": "1"},
        },
    }
    code = str(release.code)
    assert (seen["verb"], seen["cwd"], seen["path"], seen["session"]) == ("perform", code, code, True)


def test_what_a_release_imports_is_compiled_once(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    release.program("part", "")
    release.stages("import part\n" + NO_STEPS).plan(CONTEXT)
    assert list((release.code / "part/__pycache__").glob("__init__.*.pyc"))


def test_a_call_that_changes_nothing_carries_no_token(release: Release) -> None:
    real = release.stages(
        "assert 'token' not in request\n" + answer(plan={"steps": [], "refusals": ["no"], "summary": []})
    )

    assert real.plan(Context("dev", "abc", first=True)) == Plan(refusals=("no",))


def test_progress_is_passed_on(release: Release) -> None:
    line = "print(json.dumps({'event': 'progress', 'message': 'hello', 'host': 'h1'}))\n"
    release.stages(line + answer(ok=True)).perform(CONTEXT, STEP)

    assert release.told.messages == ["h1: hello"]


def test_a_failed_step_is_an_answer_and_no_crash(release: Release) -> None:
    retries = [{"what": "create h1", "attempt": 1, "reason": "its name was taken"}]
    real = release.stages(answer(ok=False, error=ERROR, transient=True, retries=retries))

    result = real.perform(CONTEXT, STEP)

    assert (result.trouble, result.transient) == (Trouble(**ERROR), True)
    assert result.retries == (Retry("create h1", 1, "its name was taken"),)


@pytest.mark.parametrize(("transient", "error"), [(False, ChildRefused), (True, TryAgain)])
def test_what_stages_says_about_its_own_failure_is_kept_whatever_was_asked(
    release: Release, error: type[StagegateError], *, transient: bool
) -> None:
    real = release.stages(answer(ok=False, error=ERROR, transient=transient))

    for ask in (real.plan, lambda context: real.begin(context, Plan(new=True)), real.fence, real.target):
        with pytest.raises(error, match="it broke") as caught:
            ask(CONTEXT)
        found = caught.value
        assert (found.where, found.why, found.next) == ("h1", "because", "promote doctor")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("sys.stderr.write('boom\\n'); sys.exit(3)", "status 3"),
        ("os.kill(os.getpid(), 9)", "signal 9"),
        (answer(plan={"steps": [{"id": 3}]}), "malformed answer"),
        (answer(), "malformed answer"),
    ],
)
def test_anything_but_a_result_is_a_crash(release: Release, program: str, said: str) -> None:
    with pytest.raises(ChildCrashed, match=said):
        release.stages(program).plan(CONTEXT)


def test_a_crash_tells_the_last_words_and_keeps_them(release: Release) -> None:
    with pytest.raises(ChildCrashed) as caught:
        release.stages("sys.stderr.write('first\\nboom\\n'); sys.exit(3)").plan(CONTEXT)

    assert "boom" in caught.value.why
    assert "boom" in (release.site / "runs/p7/stages.log").read_text()


@pytest.mark.parametrize("end", ["", "; sys.exit(3)"])
def test_another_protocol_is_refused_however_the_program_ends(release: Release, end: str) -> None:
    program = "print(json.dumps({'event': 'result', 'protocol': 2, 'ok': False}))" + end
    with pytest.raises(ProtocolNotSpoken, match="protocol 2"):
        release.stages(program).plan(CONTEXT)


@pytest.mark.parametrize("new", [True, False])
def test_a_deployment_begins_by_a_call_of_its_own(release: Release, new: bool) -> None:  # noqa: FBT001 - drawn
    real = release.stages("open('begun', 'w').write(f\"{verb} {request['new']}\")\n" + answer(ok=True))
    real.begin(CONTEXT, Plan(new=new))
    assert (release.code / "begun").read_text() == f"begin {new}"


def test_a_release_from_before_that_call_is_not_asked_for_it(release: Release) -> None:
    older = release.stages("assert verb == 'plan'\n" + NO_STEPS)
    older.begin(CONTEXT, older.plan(CONTEXT))


def test_check_names_problems_and_stages(release: Release) -> None:
    problem = {"file": "a.yaml", "line": 1, "column": 2, "message": "no", "hint": None}
    stage = {"name": "dev", "after": None, "gates": ["smoke"], "lab": True}
    found = release.stages(answer(problems=[problem], stages=[stage])).check("abc")

    assert [str(p) for p in found.problems] == ["a.yaml:1:2: no"]
    assert found.graph == StageGraph((StageSpec("dev", None, ("smoke",), lab=True),))


def test_roster_target_and_collected_files_are_understood(release: Release, tmp_path: Path) -> None:
    roster = [{"component": "galera", "host": "database-1", "check": "healthy"}]
    answered = release.stages(answer(roster=roster, within_s=30, definition="d1"))
    assert answered.roster(CONTEXT, "smoke") == ROSTER
    inputs = {"galera": {"digest": "ab", "hosts": ["database-1", "database-2"]}}
    telling = release.stages(answer(roster=roster, within_s=30, definition="d1", inputs=inputs))
    found = {"galera": Inputs("ab", ("database-1", "database-2"))}
    assert telling.roster(CONTEXT, "smoke") == replace(ROSTER, inputs=found)
    target = release.stages(answer(path=str(tmp_path / "target.json"), environment="e1")).target(CONTEXT)
    assert target == Target(tmp_path / "target.json")
    assert release.stages(answer(files=["a", "b/c"])).collect(CONTEXT, tmp_path / "into") == ("a", "b/c")
    assert (tmp_path / "into").is_dir()
    assert release.stages(answer(ok=True, hosts=["database-1"])).fence(CONTEXT) == ("database-1",)


def test_a_large_request_does_not_block(release: Release) -> None:
    step = Step("thing", "host", None, "t", action={"manifest": "x" * 1_000_000})

    assert release.stages(answer(ok=True)).perform(CONTEXT, step).trouble is None


def test_a_call_that_reaches_its_limit_is_said_to_have_taken_too_long_and_ends_its_child(
    release: Release,
) -> None:
    stages = release.stages(
        """
        import time
        print(json.dumps({"event": "progress", "message": str(os.getpid())}), flush=True)
        time.sleep(600)
        """
    )
    with closing(Servings(release.children, limit_s=1)) as short:
        stages._servings = short  # noqa: SLF001 - an hour is long for a test
        with pytest.raises(ChildCrashed, match="took longer than 1 s and was terminated"):
            stages.plan(CONTEXT)
    (pid,) = release.told.messages
    assert not Path(f"/proc/{pid}").exists()


def test_no_child_starts_once_all_were_killed(release: Release) -> None:
    stages = release.stages("print(json.dumps({'event': 'result', 'protocol': 1, 'files': []}))")
    release.children.kill_all()
    with pytest.raises(ChildCrashed, match="nothing more is started"):
        stages.collect(CONTEXT, release.site)


def test_children_can_be_killed_with_all_they_started(release: Release) -> None:
    stages = release.stages(
        """
        import subprocess, time
        subprocess.Popen(["sleep", "600"])
        print(json.dumps({"event": "progress", "message": "running"}), flush=True)
        time.sleep(600)
        """
    )
    release.told.on_progress = release.children.kill_all

    with pytest.raises(ChildCrashed, match=f"signal {signal.SIGKILL.value}"):
        stages.perform(CONTEXT, STEP)
