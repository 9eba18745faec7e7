"""What every Deployer promises: the fake that other tests stand on, and the real one on a child process."""

from dataclasses import replace
from pathlib import Path

import pytest
from release_programs import CONTEXT, Release

from pipeline.core.errors import ChildRefused
from pipeline.ports import Deployer
from pipeline.testing import FakeDeployer, World
from pipeline.testing.deployer import Recipe

# A release that wants one thing to be, and keeps what stands as long as it serves.
PROGRAM = """
import json, sys
stands, newest = {}, 0
def redeployed(host):
    if host not in stands:
        return {"steps": [], "refusals": [f"no {host}"], "summary": [], "new": False, "redeploys": host}
    step = {"id": host, "kind": "host", "host": host, "title": "replace it", "needs": [],
        "undo": {"possible": True, "why": None}, "action": {"value": "1"}}
    return {"steps": [step], "refusals": [], "summary": [], "new": False, "redeploys": host}
def planned():
    step = {"id": "thing", "kind": "host", "host": "thing", "title": "make it", "needs": [],
        "undo": {"possible": True, "why": None}, "action": {"value": "1"}}
    return {"steps": [] if stands else [step], "refusals": [], "summary": [], "new": not stands}
def performed(request):
    global newest
    if request["token"] < newest:
        return {"ok": False, "error": {"what": f"older token {request['token']}"}, "transient": False}
    newest, stands["thing"] = request["token"], request["step"]["action"]["value"]
    return {"receipt": dict(stands), "artifacts": {"image": "sha256:1"}}
def fenced(request):
    global newest
    newest = max(newest, request["token"])
    return {"hosts": list(stands)}
def roster(request):
    if request["gate"] != "smoke":
        return {"ok": False, "error": {"what": f"there is no gate {request['gate']!r}"}}
    entry = {"component": "thing", "host": "-", "check": "smoke"}
    return {"roster": [entry], "within_s": 60, "definition": "d1"}
def plan(asked):
    if asked.get("retire"):
        return {"plan": {**planned(), "retires": True}}
    return {"plan": redeployed(asked["redeploy"]) if "redeploy" in asked else planned()}
answers = {"plan": plan, "begin": lambda _: {}, "perform": performed,
    "fence": fenced, "roster": roster, "target": lambda _: {"path": "target.json", "environment": "e1"},
    "collect": lambda _: {"files": ["journal.log"]},
    "planes": lambda _: {"planes": [{"name": "all", "runs": "", "hosts": len(stands), "running": len(stands),
        "away": []}], "services": [], "unknown": ""}}
print(json.dumps({"event": "serving", "protocol": 1}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = {"id": request["id"], "event": "result", "protocol": 1, "ok": True}
    print(json.dumps(answer | answers[request["verb"]](request)), flush=True)
"""


@pytest.fixture(params=["fake", "process"])
def deployer(request: pytest.FixtureRequest, release: Release) -> Deployer:
    if request.param == "fake":
        return FakeDeployer(World({"abc": Recipe({"thing": "1"})}))
    stages = release.stages("")
    release.program("stages", PROGRAM)
    return stages


def test_a_plan_that_is_performed_leaves_nothing_to_do_and_no_stage_that_is_new(
    deployer: Deployer,
) -> None:
    first = deployer.plan(CONTEXT)
    assert (len(first.steps), first.new) == (1, True)
    deployer.begin(CONTEXT, first)
    done = deployer.perform(CONTEXT, first.steps[0])
    assert (done.trouble, bool(done.receipt), set(done.artifacts)) == (None, True, {"image"})
    second = deployer.plan(CONTEXT)
    assert (second.steps, second.refusals, second.new) == ((), (), False)


def test_a_plan_that_redeploys_a_host_says_so_and_changes_no_other(deployer: Deployer) -> None:
    deployer.perform(CONTEXT, deployer.plan(CONTEXT).steps[0])
    plan = deployer.plan(replace(CONTEXT, redeploy="thing"))
    assert (plan.redeploys, {step.host for step in plan.steps}) == ("thing", {"thing"})
    for step in plan.steps:
        assert deployer.perform(CONTEXT, step).trouble is None
    assert deployer.plan(CONTEXT).steps == ()
    unknown = deployer.plan(replace(CONTEXT, redeploy="nothing"))
    assert (unknown.steps, len(unknown.refusals)) == ((), 1)
    assert deployer.plan(CONTEXT).redeploys is None


def test_a_plan_that_was_asked_to_retire_says_so(deployer: Deployer) -> None:
    deployer.perform(CONTEXT, deployer.plan(CONTEXT).steps[0])
    plan = deployer.plan(replace(CONTEXT, retire=True))
    assert (plan.retires, plan.steps) == (True, ())
    assert not deployer.plan(CONTEXT).retires


def test_a_step_that_is_performed_again_ends_the_same(deployer: Deployer) -> None:
    (step,) = deployer.plan(CONTEXT).steps
    assert deployer.perform(CONTEXT, step) == deployer.perform(CONTEXT, step)


def test_planning_and_beginning_change_nothing_of_the_stage(deployer: Deployer) -> None:
    plan = deployer.plan(CONTEXT)
    deployer.begin(CONTEXT, plan)
    assert deployer.plan(CONTEXT) == plan


def test_an_older_token_than_the_stage_was_shown_is_refused(deployer: Deployer) -> None:
    (step,) = deployer.plan(CONTEXT).steps
    assert list(deployer.fence(replace(CONTEXT, token=13))) == []
    refused = deployer.perform(CONTEXT, step)
    assert refused.trouble is not None
    assert (refused.trouble.what, refused.transient) == ("older token 12", False)
    assert deployer.plan(CONTEXT).steps == (step,)


def test_hosts_that_stand_are_told_a_token(deployer: Deployer) -> None:
    deployer.perform(CONTEXT, deployer.plan(CONTEXT).steps[0])
    assert list(deployer.fence(CONTEXT)) == ["thing"]


def test_a_gate_has_a_roster_and_one_that_nobody_knows_is_refused(deployer: Deployer) -> None:
    assert [entry.check for entry in deployer.roster(CONTEXT, "smoke").entries] == ["smoke"]
    with pytest.raises(ChildRefused, match="there is no gate 'smok'"):
        deployer.roster(CONTEXT, "smok")


def test_what_a_gate_looks_at_and_what_is_collected_has_names(deployer: Deployer, tmp_path: Path) -> None:
    assert deployer.target(CONTEXT).path.name == "target.json"
    assert list(deployer.collect(CONTEXT, tmp_path / "into")) == ["journal.log"]


def test_what_stands_is_told_plane_by_plane_and_asking_changes_nothing(deployer: Deployer) -> None:
    plan = deployer.plan(CONTEXT)
    assert [(plane.name, plane.hosts) for plane in deployer.planes(CONTEXT).planes] == [("all", 0)]
    assert deployer.plan(CONTEXT) == plan
    deployer.perform(CONTEXT, plan.steps[0])
    assert [(plane.name, plane.running) for plane in deployer.planes(CONTEXT).planes] == [("all", 1)]


def test_the_code_of_a_release_reads_another_config(release: Release, tmp_path: Path) -> None:
    stages = release.stages("""
        problem = {"file": request["config"], "line": 1, "column": 1, "message": "asked", "hint": None}
        print(json.dumps({"event": "result", "protocol": 1, "ok": True, "problems": [problem], "stages": []}))
    """)
    assert [one.file for one in stages.check("abc").problems] == [str(release.home.config)]
    assert [one.file for one in stages.check("abc", tmp_path).problems] == [str(tmp_path)]
