"""The release's own `python -m suites` as a child process, ended when it is silent for too long."""

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from pipeline.adapters.children import Children, signal_group
from pipeline.adapters.files import write_atomically
from pipeline.adapters.heard import Line, parsed
from pipeline.adapters.homes import FindHome
from pipeline.adapters.leases import token_file
from pipeline.adapters.suites_sweep import sweep
from pipeline.adapters.suites_watches import divisible, watches
from pipeline.core.checked import Checked
from pipeline.core.codec import plain
from pipeline.core.judgement import SuiteRun
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.swept import Swept
from pipeline.ports import Context, Notifier, Target

# How long a suite may take after SIGTERM to undo its faults.
_GRACE_S = 60.0
# A suite may report progress for ever, so it is ended after this many times its limit of silence.
_LIMITS_ALTOGETHER = 10

ROSTER = "roster.json"


def roster_document(site: Path, context: Context, gate: str, roster: Roster) -> dict[str, object]:
    """What roster.json tells a suite of its run; with the lease, if `context` has a token."""
    document = _told(gate, roster)
    if context.token is not None:
        document["lease"] = {"file": str(token_file(site, context.stage)), "token": context.token}
    return document


def _told(gate: str, roster: Roster) -> dict[str, object]:
    partial = {"partial": True} if roster.partial else {}
    return {
        "protocol": 1,
        "gate": gate,
        "roster": plain(roster.entries),
        "definition": roster.definition,
        "within_s": roster.within_s,
        **partial,
    }


class SuitesProcess:
    """The Gates port on child processes of a release's code."""

    def __init__(self, site: Path, home: FindHome, children: Children, notifier: Notifier) -> None:
        self._site = site
        self._home = home
        self._children = children
        self._notifier = notifier

    def watches(self, context: Context, gate: str) -> Mapping[str, tuple[str, ...]]:
        """Ask the release's suites what its checks look at."""
        return watches(self._children, self._home(context.release), gate)

    def divisible(self, context: Context, gate: str) -> bool:
        """Ask the release's suites whether the gate may be run in parts at once."""
        return divisible(self._children, self._home(context.release), gate)

    def take(self, gate: str, roster: Roster, reused: Mapping[str, str], into: Path) -> None:
        """Write roster.json, which `run` replaces, and reused.json."""
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(into / ROSTER, _told(gate, roster))
        _write(into / "reused.json", {"protocol": 1, "gate": gate, "reused": dict(reused)})

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:
        """Run the suite; end it when it writes no line for `roster.within_s` seconds.

        It is also ended after ten times as long, whatever it writes. SIGTERM makes it undo its faults;
        a minute later SIGKILL ends its process group. The suite is told the lease of `context`, and makes
        no fault once another run has taken it over.
        """
        home = self._home(context.release)
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        roster_path = into / ROSTER
        _write(roster_path, roster_document(self._site, context, gate, roster))
        module = ["suites", "gate", "--gate", gate, "--target", str(target.path)]
        module += ["--roster", str(roster_path), "--into", str(into)]
        with (
            (into / "output.log").open("ab") as log,
            self._children.running(home, module, log) as child,
        ):
            if child.stdin is not None:
                child.stdin.close()
            with _Limit(child, roster.within_s) as limit:
                finished = self._listen(child, limit, self._teller(gate, roster))
                status = child.wait()
        broke = limit.reached
        if broke is None and not finished:
            broke = _how(status)
        return SuiteRun(_read(into / "report.json"), broke)

    def sweep(self, context: Context, target: Target, *, clear: bool) -> Swept:
        """Have the release's suites look for what gates have left, and remove it."""
        return sweep(self._children, self._home(context.release), target.path, clear=clear)

    def _listen(self, child: subprocess.Popen[bytes], limit: "_Limit", told: Callable[[Line], None]) -> bool:
        """Pass on what the suite reports; return whether it wrote its result line."""
        for raw in child.stdout or ():
            limit.alive()
            line = parsed(raw) or {}
            if line.get("event") == "result":
                return True
            if line.get("event") == "progress":
                self._notifier.progress(str(line.get("message")), line.get("host"))
            if line.get("event") == "check":
                told(line)
        return False

    def _teller(self, gate: str, roster: Roster) -> Callable[[Line], None]:
        wanted = frozenset(roster.entries)
        done: set[RosterEntry] = set()

        def tell(line: Line) -> None:
            words = {
                key: str(line.get(key) or "") for key in ("component", "host", "check", "outcome", "seen")
            }
            entry = RosterEntry(words["component"], words["host"], words["check"])
            done.update(wanted & {entry})
            retakes = line.get("retakes")
            taken = len(retakes) if isinstance(retakes, list) else 0
            check = Checked(gate, entry, words["outcome"], words["seen"], len(done), len(wanted), taken)
            self._notifier.checked(check)

        return tell


class _Limit:
    """Ends a child that is silent or runs for too long: SIGTERM first, later SIGKILL to its group.

    `reached` says which limit was reached; None while none is.
    """

    def __init__(self, child: subprocess.Popen[bytes], within_s: float) -> None:
        self.reached: str | None = None
        self._child = child
        self._within_s = within_s
        self._began = self._heard = time.monotonic()
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="gate-limit", daemon=True)

    def alive(self) -> None:
        """Note a sign of life."""
        self._heard = time.monotonic()

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        altogether_s = self._within_s * _LIMITS_ALTOGETHER
        while True:
            ends = min(self._heard + self._within_s, self._began + altogether_s)
            if self._over.wait(max(0.0, ends - time.monotonic())):
                return
            now = time.monotonic()
            if now >= self._began + altogether_s:
                self.reached = f"the suite did not end within {altogether_s:g} s and was terminated"
            elif now >= self._heard + self._within_s:
                self.reached = f"no sign of life for {self._within_s:g} s: the suite was terminated"
            if self.reached:
                break
        # To the suite alone: processes that undo its faults may run in its group.
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGTERM)
        if not self._over.wait(_GRACE_S):
            signal_group(self._child.pid, signal.SIGKILL)


def _write(path: Path, document: Mapping[str, object]) -> None:
    write_atomically(path, json.dumps(document, indent=1) + "\n")


def _how(status: int) -> str:
    if status < 0:
        return f"the suite was killed by signal {-status}"
    return f"the suite crashed: it exited with status {status} without a result"


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
