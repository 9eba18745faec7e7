"""The release's own `python -m stages` as a child process: one JSON request in, JSON lines out."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
import threading
from typing import TYPE_CHECKING, Any

from pipeline.adapters import stages_answers as answers
from pipeline.adapters.children import signal_group
from pipeline.core.codec import plain
from pipeline.core.errors import ChildCrashed, ProtocolNotSpoken

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.adapters.children import Children
    from pipeline.adapters.homes import FindHome, Home
    from pipeline.core.plan import Plan, Roster, Step
    from pipeline.ports import CheckResult, Context, Notifier, StepResult, Target

PROTOCOL = 1
_LIMIT_S = 3600.0
_LAST = 20


class StagesProcess:
    """The Deployer port on child processes of a release's code."""

    def __init__(self, site: Path, home: FindHome, children: Children, notifier: Notifier) -> None:
        self._site = site
        self._home = home
        self._children = children
        self._notifier = notifier

    def check(self, release: str) -> CheckResult:
        """Read the config of a release."""
        return answers.check(self.ask("check", self._home(release), {}))

    def plan(self, context: Context) -> Plan:
        """Observe, then differ."""
        return answers.plan(self._ask_in("plan", context, {}))

    def fence(self, context: Context) -> Sequence[str]:
        """Show every running host the newest token."""
        return answers.hosts(self._ask_in("fence", context, {}))

    def perform(self, context: Context, step: Step) -> StepResult:
        """Take one step."""
        return answers.performed(self._ask_in("perform", context, {"step": plain(step)}))

    def roster(self, context: Context, gate: str) -> Roster:
        """What the gate must see."""
        return answers.roster(self._ask_in("roster", context, {"gate": gate}))

    def target(self, context: Context) -> Target:
        """Write target.json."""
        return answers.target(self._ask_in("target", context, {}))

    def collect(self, context: Context, into: Path) -> Sequence[str]:
        """Write what the stage looks like into `into`."""
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        return answers.files(self._ask_in("collect", context, {"into": str(into)}))

    def ask(
        self, verb: str, home: Home, request: Mapping[str, object], log: Path | None = None
    ) -> Mapping[str, Any]:
        """The result line of one call; what the child wrote to stderr is added to `log`.

        Raises ChildCrashed without a result, ProtocolNotSpoken for another protocol.
        """
        document = {"protocol": PROTOCOL, "site": str(self._site), "config": str(home.config), **request}
        argv = [str(home.python), "-m", "stages", verb]
        # A file, not a pipe: a process that outlives the child (ssh's master) could keep a pipe open.
        with tempfile.TemporaryFile() as stderr:
            with self._children.running(argv, cwd=home.code, code=home.code, stderr=stderr) as child:
                limit = threading.Timer(_LIMIT_S, signal_group, (child.pid, signal.SIGKILL))
                limit.start()
                try:
                    _send(child, document)
                    result = self._listen(child)
                    status = child.wait()
                finally:
                    limit.cancel()
            stderr.seek(0)
            text = stderr.read().decode(errors="replace")
        _keep(log, verb, text)
        return _believed(verb, result, status, text.splitlines()[-_LAST:])

    def _ask_in(self, verb: str, context: Context, request: Mapping[str, object]) -> Mapping[str, Any]:
        home = self._home(context.release)
        given = {key: value for key, value in plain(context).items() if value is not None}
        log = self._site / "runs" / context.promotion / "stages.log" if context.promotion else None
        return self.ask(verb, home, {**given, **request}, log)

    def _listen(self, child: subprocess.Popen[bytes]) -> object:
        for raw in child.stdout or ():
            line = _parsed(raw)
            if line.get("event") == "result":
                return line
            if line.get("event") == "progress":
                host = line.get("host")
                self._notifier.progress(str(line.get("message", "")), str(host) if host else None)
        return None


def _parsed(raw: bytes) -> Mapping[str, Any]:
    try:
        line = json.loads(raw)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _send(child: subprocess.Popen[bytes], document: Mapping[str, object]) -> None:
    if child.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError), child.stdin:  # a child that died early says so by its status
        child.stdin.write(json.dumps(document).encode())


def _keep(log: Path | None, verb: str, text: str) -> None:
    if log is None or not text:
        return
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("a") as handle:
        handle.write(f"== {verb}\n{text}")


def _believed(verb: str, result: object, status: int, last: Sequence[str]) -> Mapping[str, Any]:
    tail = " | ".join(line for line in last if line)
    # Before the status: a release that does not speak ours may well end badly, and this is why.
    if isinstance(result, dict) and result.get("protocol") != PROTOCOL:
        raise ProtocolNotSpoken(
            f"the release speaks protocol {result.get('protocol')!r}; this engine speaks {PROTOCOL}",
            next_="use the promote of that release's own checkout",
        )
    if status != 0:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        raise ChildCrashed(f"`python -m stages {verb}` of the release {how}", why=tail)
    if not isinstance(result, dict):
        raise ChildCrashed(f"`python -m stages {verb}` of the release ended without a result", why=tail)
    return result
