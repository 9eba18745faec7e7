"""What the checkout's tools promise: the fake, and the real ones on a child process."""

from dataclasses import asdict

import pytest
from release_programs import Release

from pipeline.adapters.stage_tools import CheckoutTools
from pipeline.cli.exit_codes import ExitCode, code_of_error
from pipeline.core.errors import ChildRefused, ConfigProblem, ConfigProblems, StageLocked
from pipeline.testing import FakeTools
from pipeline.tool_ports import (
    Checkup,
    Count,
    FileSchema,
    Fitness,
    HostFitness,
    HostProblem,
    InventoryMade,
    Lab,
    LabHost,
    MachineFitness,
    MachinesAsked,
    Scaled,
    StageTools,
)

# A checkout whose lab has one host.
PROGRAM = """
import json, sys
verb = sys.argv[1]
if verb == "serve":
    sys.exit("usage: python -m stages {check,plan}")
if verb == "lab-exec":
    asked = json.load(open(sys.argv[3]))
    sys.exit(len(asked["argv"]) + 10 * len(asked.get("preview", "")))
request = json.load(sys.stdin)
stage = request.get("stage") or "dev"
host = {"stage": stage, "host": "database-1", "role": "database", "state": "running",
    "address": "10.0.0.33", "image": "sha256:1"}
fit = {"check": "root", "ok": True, "seen": "uid 0", "wanted": "uid 0", "next": "sudo -i"}
asked = {"host": "database-1", "role": "database", "fit": True, "seen": "8000 MB", "problems": []}
counts = request.get("counts", {})
scaled = {"problems": [], "file": "config/stages/%s.yaml" % stage,
    "changes": [{"role": role, "before": 1, "after": count} for role, count in counts.items()],
    "diff": [line for item in counts.items() for line in ("-  %s: 1" % item[0], "+  %s: %d" % item)]}
left = {"site": "3fa2b1", "path": "/gone", "folder": "gone", "stages": ["dev"], "running": 1, "stopped": 2,
    "networks": 1, "volumes": 3, "images": 1, "memory": 5_000_000, "disk": 7_000_000,
    "since": 1_700_000_000.0, "occupants": []}
cleaned = ["sg-%s-dev-database-1" % request.get("lab")]
machine = {"fingerprint": "SHA256:abc", "fit": True, "seen": "8000 MB", "problems": []}
places = [("%s-%d" % (role, number), role, *place) for role, there in request.get("addresses", {}).items()
    for number, place in enumerate(there, 1)]
made = {"file": "config/stages/%s.yaml" % stage, "written": True, "listed": False, "problems": [], "machines":
    [{"host": host, "role": role, "address": at, "port": port, **machine} for host, role, at, port in places]}
schemas = [{"name": "stage.json", "files": "stages/*.yaml", "schema": {"type": "object"}}]
answers = {"init-inventory": made, "json-schemas": {"schemas": schemas},
    "lab-list": {"labs": [left]}, "lab-clean": {"removed": cleaned},
    "scale": scaled, "doctor": {"findings": [fit], "hosts": [asked][: "stage" in request]},
    "lab-status": {"hosts": [host]},
    "lab-down": {"removed": ["sg-site-dev-database-1"]}}
print(json.dumps({"event": "result", "protocol": 1, "ok": True, **answers[verb]}))
"""
REFUSING = """
import json
error = {"what": "the stage is held", "where": "dev", "why": "", "next": "promote status"}
print(json.dumps({"event": "result", "protocol": 1, "ok": False, "error": error}))
"""


def checkout(release: Release, program: str = PROGRAM) -> StageTools:
    stages = release.stages("")
    release.program("stages", program)
    return CheckoutTools(release.site, lambda: release.home, stages, lambda _stage: "abc")


@pytest.fixture(params=["fake", "checkout"])
def tools(request: pytest.FixtureRequest, release: Release) -> StageTools:
    return FakeTools() if request.param == "fake" else checkout(release)


FIT = Fitness("root", ok=True, seen="uid 0", wanted="uid 0", next="sudo -i")


def test_a_fit_machine_is_told_check_by_check(tools: StageTools) -> None:
    assert tools.doctor(None) == Checkup((FIT,))


def test_of_a_stage_its_hosts_are_told_too(tools: StageTools) -> None:
    host = HostFitness("database-1", "database", fit=True, seen="8000 MB", problems=())
    assert tools.doctor("dev") == Checkup((FIT,), (host,))


def test_what_a_host_lacks_comes_with_the_next_command(release: Release) -> None:
    lacks = HostProblem("it has 1 MB of memory", "database-1", "260 MB are needed", "give it more memory")
    program = f"""
import json
host = {{"host": "database-1", "role": "database", "fit": False, "seen": "1 MB"}}
host["problems"] = [{asdict(lacks)}]
print(json.dumps({{"event": "result", "protocol": 1, "ok": True, "findings": [], "hosts": [host]}}))
"""
    found = checkout(release, program).doctor("dev")
    assert found.hosts[0].problems == (lacks,)
    assert not found.fit


@pytest.mark.parametrize(("stage", "shown"), [("staging", "staging"), (None, "dev")])
def test_hosts_are_those_of_the_stage_or_of_all(tools: StageTools, stage: str | None, shown: str) -> None:
    wanted = LabHost(shown, "database-1", "database", "running", "10.0.0.33", "sha256:1")
    assert list(tools.lab_status(stage)) == [wanted]


def test_what_was_scaled_is_told_with_the_lines_that_changed(tools: StageTools) -> None:
    wanted = Scaled(
        "config/stages/dev.yaml", (Count("identity", 1, 3),), ("-  identity: 1", "+  identity: 3")
    )
    assert tools.scale("dev", {"identity": 3}) == wanted


def test_machines_are_told_one_by_one_in_the_order_of_their_addresses(tools: StageTools) -> None:
    asked = MachinesAsked(
        "rack", "192.0.2.5", "/key", None, {"database": (("192.0.2.24", 22), ("192.0.2.25", 2222))}
    )
    machines = [
        MachineFitness(name, "database", address, port, "SHA256:abc", fit=True, seen="8000 MB", problems=())
        for name, address, port in (("database-1", "192.0.2.24", 22), ("database-2", "192.0.2.25", 2222))
    ]
    wanted = InventoryMade("config/stages/rack.yaml", written=True, listed=False, machines=tuple(machines))
    assert tools.init_inventory(asked) == wanted


def test_each_kind_of_file_has_a_schema(tools: StageTools) -> None:
    assert list(tools.json_schemas()) == [FileSchema("stage.json", "stages/*.yaml", {"type": "object"})]


def test_every_problem_of_the_counts_is_told(release: Release) -> None:
    problem = ConfigProblem("config/stages/dev.yaml", 9, 13, "no majority", None)
    program = f"""
import json
problem = {{"file": "{problem.file}", "line": 9, "column": 13, "message": "no majority", "hint": None}}
told = {{"problems": [problem], "file": "x", "changes": [], "diff": []}}
print(json.dumps({{"event": "result", "protocol": 1, "ok": True, **told}}))
"""
    with pytest.raises(ConfigProblems) as caught:
        checkout(release, program).scale("dev", {"database": 2})
    assert caught.value.problems == (problem,)


@pytest.mark.parametrize("stage", ["dev", None])
def test_what_is_removed_is_named(tools: StageTools, stage: str | None) -> None:
    assert list(tools.lab_down(stage, {"dev": 3})) == ["sg-site-dev-database-1"]


def test_labs_are_those_of_all_sites(tools: StageTools) -> None:
    left = Lab("3fa2b1", "/gone", "gone", ("dev",), 1, 2, 1, 3, 1, 5_000_000, 7_000_000, 1_700_000_000.0, ())
    assert list(tools.lab_list()) == [left]


def test_a_lab_is_removed_by_the_id_of_its_site(tools: StageTools) -> None:
    assert list(tools.lab_clean("3fa2b1")) == ["sg-3fa2b1-dev-database-1"]


def test_a_command_inside_ends_with_its_own_status(tools: StageTools) -> None:
    assert tools.lab_exec("dev", ["openstack", "token", "issue"]) == 3


def test_a_command_runs_by_the_preview_that_is_named(release: Release) -> None:
    assert checkout(release, PROGRAM).lab_exec("dev", ["openstack", "token", "issue"], "green") == 53


def test_what_the_checkout_refuses_is_told_in_its_words(release: Release) -> None:
    with pytest.raises(ChildRefused, match="the stage is held"):
        checkout(release, REFUSING).lab_down("dev", {})


def test_a_lab_that_somebody_began_to_use_since_the_labs_were_listed_is_locked(release: Release) -> None:
    program = REFUSING.replace('"ok": False', '"ok": False, "in_use": True')
    with pytest.raises(StageLocked, match="the stage is held") as caught:
        checkout(release, program).lab_clean("3fa2b1")
    assert code_of_error(caught.value) == ExitCode.LOCKED
