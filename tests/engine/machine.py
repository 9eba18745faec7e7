"""`promote` as a process, on git, SQLite and children; only the release's programs are small.

Their stage is a directory of files: a step writes one, a gate compares them with the release's own template.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from repositories import commit, run

REPOSITORY = Path(__file__).resolve().parents[2]
STAGES = """
import ctypes, hashlib, json, os, pathlib, sys, time
ctypes.CDLL(None).prctl(1, 9)               # no engine, no effects
# What proves who runs `promote`, and what opens the ledger, is for it alone.
assert not {"STAGEGATE_ID_TOKEN", "STAGEGATE_LEDGER", "LEDGER_PASSWORD"} & set(os.environ)
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
    inputs = {}
    if config.get("telling"):               # each file is a component, and tells what its verdict rests on
        roster = [{**entry, "component": entry["host"]} for entry in roster]
        inputs = {name: {"digest": hashlib.sha256(text.encode()).hexdigest(), "hosts": [name]}
                  for name, text in wanted.items()}
    result(roster=roster, within_s=20, definition="d", **({"inputs": inputs} if inputs else {}))
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
import json, pathlib, sys, time
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
if sys.argv[1] == "watches":
    print(json.dumps({"protocol": 1, "watches": {}, "divisible": True}))
    sys.exit()
target = json.loads(pathlib.Path(arguments["--target"]).read_text())
checks = []
for entry in json.loads(pathlib.Path(arguments["--roster"]).read_text())["roster"]:
    name = entry["host"]
    world = pathlib.Path(target["place"]).parent
    if (world / f"hold-{name}").exists():   # tells the test that we are here, and waits
        (world / f"at-{name}").touch()
        while (world / f"hold-{name}").exists():
            print(json.dumps({"event": "progress", "message": "held"}), flush=True)
            time.sleep(0.2)
    text = target["wanted"][name]
    seen = (pathlib.Path(target["place"]) / name).read_text()
    good = seen == text and "BAD" not in seen
    checks.append({**entry,
                   "outcome": "passed" if good else "failed", "seen": seen, "seconds": 0,
                   "test": f"suites/test_files.py::test_content[{name}]"})
report = {"protocol": 1, "gate": arguments["--gate"], "complete": True, "checks": checks, "suite": SUITE}
(pathlib.Path(arguments["--into"]) / "report.json").write_text(json.dumps(report))
print(json.dumps({"event": "result", "protocol": 1}))
"""


class Machine:
    """A checkout with a site, and `promote` as a process in it."""

    def __init__(self, tmp_path: Path) -> None:
        tmp_path.mkdir(exist_ok=True)
        self.repository = tmp_path / "checkout"
        self.repository.mkdir()
        self.site = self.repository / ".stagegate"
        run(self.repository, "init", "--quiet", "--initial-branch=main")
        self.release(template="first", greeting="hello")

    def release(self, *, template: str, greeting: str, suite: str = "one", telling: bool = False) -> None:
        """Commit a release; `telling` is whether it tells what the verdict on each file rests on."""
        config = {"greeting": greeting, **({"telling": True} if telling else {})}
        files = {
            ".gitignore": ".stagegate/\n__pycache__/\n",
            "requirements/runtime.txt": "",
            "stages/__init__.py": "",
            "stages/__main__.py": STAGES,
            "stages/template": template,
            "suites/__init__.py": "",
            "suites/__main__.py": SUITES.replace("SUITE", repr(suite)),
            "config/stagegate.yaml": json.dumps(config),
        }
        commit(self.repository, files)

    def start(
        self,
        *argv: str,
        stdin: int | None = None,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        **environment: str,
    ) -> subprocess.Popen[str]:
        """Start `promote` on these streams, with these variables in its environment."""
        inherited = {name: value for name, value in os.environ.items() if name != "STAGEGATE_SITE"}
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *argv],
            cwd=self.repository,
            env={**inherited, "PYTHONPATH": str(REPOSITORY), **environment},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )

    def promote(self, *argv: str, code: int = 0, **environment: str) -> str:
        with self.start(*argv, **environment) as process:
            out, self.err = process.communicate(timeout=120)
        assert process.returncode == code, self.err
        return out

    def world(self, stage: str) -> dict[str, str]:
        place = self.site / "world" / stage
        return {path.name: path.read_text() for path in place.iterdir()} if place.exists() else {}

    def history(self) -> list[tuple[str, str, str]]:
        rows = json.loads(self.promote("history", "-o", "json"))["attempts"]
        return [(row["kind"], row["alias"], row["outcome"]) for row in rows]

    def pause(self, *, stay: bool = False) -> None:
        """Let the second step wait for `go_on`; with `stay` it never ends by itself."""
        self.site.mkdir(exist_ok=True)
        os.mkfifo(self.site / "pause")
        if stay:
            (self.site / "stay").touch()

    def go_on(self) -> None:
        """Wait until the second step is being performed, and let it go on."""
        assert (self.site / "pause").read_text() == "here"
        (self.site / "pause").unlink()

    def hold(self, name: str) -> None:
        """Let gates wait before they look at this file, until `let_go`."""
        (self.site / "world").mkdir(parents=True, exist_ok=True)
        (self.site / "world" / f"hold-{name}").touch()

    def wait_until_held(self, name: str) -> None:
        """Wait until a gate is about to look at this file."""
        for _ in range(1200):
            if (self.site / "world" / f"at-{name}").exists():
                return
            time.sleep(0.05)
        raise AssertionError(f"no gate has come to {name}")

    def let_go(self, name: str) -> None:
        """Let gates look at this file."""
        (self.site / "world" / f"hold-{name}").unlink()

    def paused_at_step_two(self, *, stay: bool = False) -> subprocess.Popen[str]:
        """A `promote` into dev whose second step is being performed right now."""
        self.pause(stay=stay)
        process = self.start("--stage", "dev")
        self.go_on()
        return process
