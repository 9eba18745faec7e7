"""The release's own `python -m suites` as a child process, held to its time."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING

from pipeline.adapters.children import signal_group
from pipeline.adapters.files import write_atomically
from pipeline.core.codec import plain
from pipeline.core.judgement import SuiteRun

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from pipeline.adapters.children import Children
    from pipeline.adapters.homes import FindHome
    from pipeline.core.plan import Roster
    from pipeline.ports import Context, Notifier, Target

_GRACE_S = 15.0


class SuitesProcess:
    """The Gates port on child processes of a release's code."""

    def __init__(self, home: FindHome, children: Children, notifier: Notifier) -> None:
        self._home = home
        self._children = children
        self._notifier = notifier

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:
        """Run the suite: SIGTERM to its group after `roster.within_s` seconds, SIGKILL 15 s later."""
        home = self._home(context.release)
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        roster_path = into / "roster.json"
        document = {
            "protocol": 1,
            "gate": gate,
            "roster": plain(roster.entries),
            "definition": roster.definition,
        }
        write_atomically(roster_path, json.dumps({**document, "within_s": roster.within_s}, indent=1) + "\n")
        argv = [str(home.python), "-m", "suites", "gate", "--gate", gate, "--target", str(target.path)]
        argv += ["--roster", str(roster_path), "--into", str(into)]
        with (
            (into / "output.log").open("ab") as log,
            self._children.running(argv, cwd=home.code, code=home.code, stderr=log) as child,
        ):
            if child.stdin is not None:
                child.stdin.close()
            limit = _Limit(child.pid, roster.within_s)
            try:
                finished = self._listen(child)
                status = child.wait()
            finally:
                limit.cancel()
        broke = f"the suite took longer than its {roster.within_s} s and was ended" if limit.reached else None
        if broke is None and not finished:
            broke = _how(status)
        return SuiteRun(_read(into / "report.json"), broke)

    def _listen(self, child: subprocess.Popen[bytes]) -> bool:
        """Pass the checks on as they end; whether the suite said that it came to its end."""
        for raw in child.stdout or ():
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict) and line.get("event") == "result":
                return True
            if isinstance(line, dict) and line.get("event") == "progress":
                self._notifier.progress(str(line.get("message")), line.get("host"))
            if isinstance(line, dict) and line.get("event") == "check":
                host = str(line.get("host") or "")
                name = "/".join(str(line.get(key)) for key in ("component", "check"))
                seen = f": {line['seen']}" if line.get("outcome") != "passed" and line.get("seen") else ""
                self._notifier.progress(f"{name} {line.get('outcome')}{seen}", host or None)
        return False


class _Limit:
    """Ends a process group when its time is up: asks first, kills later."""

    def __init__(self, group: int, within_s: float) -> None:
        self.reached = False
        self._group = group
        self._asking = threading.Timer(within_s, self._ask)
        self._killing = threading.Timer(within_s + _GRACE_S, signal_group, (group, signal.SIGKILL))
        self._asking.start()
        self._killing.start()

    def cancel(self) -> None:
        self._asking.cancel()
        self._killing.cancel()

    def _ask(self) -> None:
        self.reached = True
        signal_group(self._group, signal.SIGTERM)


def _how(status: int) -> str:
    if status < 0:
        return f"the suite was killed by signal {-status}"
    return f"the suite crashed: it ended with status {status} and said no result"


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
