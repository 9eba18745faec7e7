"""The whole of `promote` as a process, on git, SQLite and children; only the release's programs are small.

Their stage is a directory of files: a step writes one, a gate compares them with the release's own template.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STAGES = """
import ctypes, json, os, pathlib, sys, time
ctypes.CDLL(None).prctl(1, 9)               # no engine, no effects
if sys.argv[1:] == ["serve"]:               # as releases did before there was this verb
    sys.exit(2)
request = json.load(sys.stdin)
verb = sys.argv[1]
config = json.loads((pathlib.Path(request["config"]) / "stagegate.yaml").read_text())
template = (pathlib.Path(__file__).parent / "template").read_text()
place = pathlib.Path(request["site"]) / "world" / request.get("stage", "-")
place.mkdir(parents=True, exist_ok=True)
wanted = {name: f"{template} {config['greeting']}" for name in ("one", "two", "three")}
def result(**more):
    print(json.dumps({"event": "result", "protocol": 1, **more}), flush=True)
if verb == "check":
    stages = [{"name": "dev", "after": None, "gates": ["smoke"], "lab": True},
              {"name": "staging", "after": "dev", "gates": ["smoke"], "lab": True}]
    result(problems=[], stages=stages)
elif verb == "plan":
    now = {path.name: path.read_text() for path in place.iterdir()}
    steps = [{"id": name, "kind": "host", "host": name, "title": "write it", "needs": [],
              "undo": {"possible": True, "why": None}, "action": {"text": text}}
             for name, text in wanted.items() if now.get(name) != text]
    result(plan={"steps": steps, "refusals": [], "summary": []})
elif verb == "perform":
    step = request["step"]
    lease = pathlib.Path(request["site"]) / "leases" / f"{request['stage']}.json"
    token = json.loads(lease.read_text())["token"]
    assert request["token"] == token
    pause = pathlib.Path(request["site"]) / "pause"
    if pause.exists() and step["id"] == "two":
        with open(pause, "w") as gate:      # a named pipe: tells the test that we are here
            gate.write("here")
        if (pathlib.Path(request["site"]) / "stay").exists():
            time.sleep(600)
    (place / step["id"]).write_text(step["action"]["text"])
    image = "sha256:" + request["release"]
    result(ok=True, error=None, transient=False, receipt={}, artifacts={"image": image})
elif verb == "roster":
    roster = [{"component": "file", "host": name, "check": "content"} for name in wanted]
    result(roster=roster, within_s=20, definition="d")
elif verb == "target":
    path = place.parent / "target.json"
    path.write_text(json.dumps({"place": str(place), "wanted": wanted}))
    result(path=str(path), environment="e")
elif verb == "collect":
    seen = {path.name: path.read_text() for path in place.iterdir()}
    (pathlib.Path(request["into"]) / "files.json").write_text(json.dumps(seen))
    result(files=["files.json"])
"""
SUITES = """
import json, pathlib, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
target = json.loads(pathlib.Path(arguments["--target"]).read_text())
checks = []
for name, text in target["wanted"].items():
    seen = (pathlib.Path(target["place"]) / name).read_text()
    good = seen == text and "BAD" not in seen
    checks.append({"component": "file", "host": name, "check": "content",
                   "outcome": "passed" if good else "failed", "seen": seen, "seconds": 0,
                   "test": f"suites/test_files.py::test_content[{name}]"})
report = {"protocol": 1, "gate": arguments["--gate"], "complete": True, "checks": checks, "suite": SUITE}
(pathlib.Path(arguments["--into"]) / "report.json").write_text(json.dumps(report))
print(json.dumps({"event": "result", "protocol": 1}))
"""


class Machine:
    """A checkout with a site, and `promote` as a process in it."""

    def __init__(self, tmp_path: Path) -> None:
        self.repository = tmp_path / "checkout"
        self.repository.mkdir()
        self.site = self.repository / ".stagegate"
        self.git("init", "--quiet", "--initial-branch=main")
        self.release(template="first", greeting="hello")

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        subprocess.run(
            ["git", "-C", str(self.repository), *identity, *arguments], check=True, capture_output=True
        )

    def release(self, *, template: str, greeting: str, suite: str = "one") -> None:
        files = {
            ".gitignore": ".stagegate/\n__pycache__/\n",
            "requirements/runtime.txt": "",
            "stages/__init__.py": "",
            "stages/__main__.py": STAGES,
            "stages/template": template,
            "suites/__init__.py": "",
            "suites/__main__.py": SUITES.replace("SUITE", repr(suite)),
            "config/stagegate.yaml": json.dumps({"greeting": greeting}),
        }
        for name, text in files.items():
            path = self.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"{template} {greeting}")

    def start(
        self, *argv: str, stdout: int | IO[str] = subprocess.PIPE, stderr: int | IO[str] = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        environment.pop("STAGEGATE_SITE", None)
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *argv],
            cwd=self.repository,
            env=environment,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )

    def promote(self, *argv: str, code: int = 0) -> str:
        with self.start(*argv) as process:
            out, self.err = process.communicate(timeout=120)
        assert process.returncode == code, self.err
        return out

    def world(self, stage: str) -> dict[str, str]:
        place = self.site / "world" / stage
        return {path.name: path.read_text() for path in place.iterdir()} if place.exists() else {}

    def history(self) -> list[tuple[str, str, str]]:
        rows = json.loads(self.promote("history", "-o", "json"))["attempts"]
        return [(row["kind"], row["alias"], row["outcome"]) for row in rows]

    def paused_at_step_two(self, *argv: str) -> subprocess.Popen[str]:
        """A `promote` whose second step is being performed right now."""
        self.site.mkdir(exist_ok=True)
        os.mkfifo(self.site / "pause")
        process = self.start(*argv)
        assert (self.site / "pause").read_text() == "here"
        (self.site / "pause").unlink()
        return process


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def all_of(text: str) -> dict[str, str]:
    return dict.fromkeys(("one", "two", "three"), text)


def test_a_release_goes_from_the_checkout_through_the_stages(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.promote("--stage", "staging")

    assert machine.world("staging") == all_of("first hello")
    assert machine.history() == [("promote", "r1", "verified"), ("promote", "r1", "verified")]


def test_going_back_goes_back_to_the_old_code_and_the_old_suite(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="BAD", greeting="hello", suite="two")
    machine.promote("--stage", "dev", code=3)
    last_words = machine.err.splitlines()[-5:]

    assert machine.world("dev") == all_of("first hello")
    assert machine.history() == [
        ("promote", "r1", "verified"),
        ("promote", "r2", "failed"),
        ("rollback", "r1", "rolled_back"),
    ]
    suites = {
        path.parent.parent.name: json.loads(path.read_text())["suite"]
        for path in machine.site.glob("runs/*/*/report.json")
    }
    assert suites == {"p1": "one", "p2": "two", "p3": "one"}
    before = json.loads((machine.site / "runs/p2/diagnostics-1/files.json").read_text())
    assert before == all_of("BAD hello")
    assert last_words[:2] == ["test: suites/test_files.py::test_content[one]", "host: one"]


def test_a_change_of_config_alone_is_a_release_of_its_own(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="first", greeting="good evening")
    machine.promote("--stage", "dev")

    first, second = json.loads(machine.promote("releases", "-o", "json"))["releases"]
    assert (first["code"] == second["code"], first["config"] == second["config"]) == (True, False)
    assert "greeting" in machine.promote("diff", "r1", "r2")


def test_the_release_and_not_the_checkout_is_what_runs(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="second", greeting="hello")
    (machine.repository / "stages/__main__.py").write_text("raise SystemExit('the checkout ran')")
    machine.promote("--stage", "staging", "--release", "r1")

    assert machine.world("staging") == all_of("first hello")


def test_a_plan_changes_nothing(machine: Machine) -> None:
    machine.promote("plan", "--stage", "dev")

    assert not (machine.site / "ledger.sqlite").exists()
    assert not (machine.site / "releases").exists()


def test_a_promote_killed_with_9_goes_on_at_once_and_ends_where_it_would_have(machine: Machine) -> None:
    (machine.repository / ".stagegate").mkdir()
    (machine.site / "stay").touch()
    with machine.paused_at_step_two("--stage", "dev") as process:
        process.kill()
    (machine.site / "stay").unlink()

    machine.promote("--stage", "dev", code=9)
    machine.promote("resume")

    assert machine.world("dev") == all_of("first hello")
    assert machine.history() == [("promote", "r1", "verified")]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_lets_the_step_end_records_it_and_says_how_to_go_on(
    machine: Machine, number: int, code: int
) -> None:
    with machine.paused_at_step_two("--stage", "dev") as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)

    assert process.returncode == code
    assert "promote resume --stage dev" in err
    assert machine.world("dev")["two"] == "first hello"
    assert json.loads(machine.promote("status", "-o", "json"))["stages"][0]["locked"] is None
    machine.promote("resume")
    assert machine.history() == [("promote", "r1", "verified")]


def test_a_second_signal_kills_the_step_which_is_then_done_again(machine: Machine) -> None:
    machine.site.mkdir()
    (machine.site / "stay").touch()
    with machine.paused_at_step_two("--stage", "dev") as process:
        process.send_signal(signal.SIGTERM)
        for line in process.stderr:
            if "send it again to kill it" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    (machine.site / "stay").unlink()

    assert process.returncode == 143
    assert "two" not in machine.world("dev")
    machine.promote("resume")
    assert machine.world("dev") == all_of("first hello")


def test_a_terminal_that_goes_away_sends_two_signals_and_kills_nothing(machine: Machine) -> None:
    machine.site.mkdir()
    (machine.site / "stay").touch()
    with machine.paused_at_step_two("--stage", "dev") as process:
        for said in ("SIGHUP: finishing what runs; send SIGTERM to kill it", None):
            process.send_signal(signal.SIGHUP)
            while said and said not in process.stderr.readline():
                pass
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 129


def test_a_signal_that_was_to_be_ignored_is_ignored(machine: Machine) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does; children inherit it
    try:
        process = machine.paused_at_step_two("--stage", "dev")
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 0, err


def no_reader() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("lost", [no_reader, full_disk])
@pytest.mark.parametrize("streams", [("stderr",), ("stdout",), ("stdout", "stderr")])
def test_a_run_whose_output_is_lost_ends_as_it_would_have(
    machine: Machine, streams: tuple[str, ...], lost: Callable[[], int]
) -> None:
    write = lost()
    process = machine.start("--stage", "dev", **dict.fromkeys(streams, write))
    os.close(write)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert machine.history() == [("promote", "r1", "verified")]
    if streams == ("stderr",):
        assert "verified" in out
    if streams == ("stdout",) and lost is full_disk:
        assert err.splitlines()[-1] == "the result of p1 could not be written: No space left on device"


def test_a_red_run_whose_output_is_lost_is_as_red(machine: Machine) -> None:
    machine.release(template="BAD", greeting="hello")
    write = no_reader()
    with machine.start("--stage", "dev", stdout=write, stderr=write) as process:
        os.close(write)

    assert process.returncode == 3


def test_an_interrupted_attempt_given_up_brings_the_stage_back(machine: Machine) -> None:
    machine.promote("--stage", "dev")
    machine.release(template="second", greeting="hello")
    with machine.paused_at_step_two("--stage", "dev") as process:
        process.terminate()
        process.communicate(timeout=60)
    machine.promote("abort")

    assert machine.world("dev") == all_of("first hello")


def test_a_changed_checkout_is_refused_and_named(machine: Machine) -> None:
    (machine.repository / "stages/template").write_text("by hand")
    machine.promote("--stage", "dev", code=2)

    assert "stages/template" in machine.err
    assert not (machine.site / "ledger.sqlite").exists()
