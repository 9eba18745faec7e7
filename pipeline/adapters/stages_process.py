"""The release's own `python -m stages` as a child process: JSON requests in, JSON lines out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.adapters import stages_answers as answers
from pipeline.adapters.heard import PROTOCOL, Request
from pipeline.adapters.homes import FindHome, Home
from pipeline.adapters.serving import Servings
from pipeline.core.codec import plain
from pipeline.core.plan import Plan, Roster, Step
from pipeline.core.planes import PlanesSeen
from pipeline.ports import CheckResult, Context, Notifier, StepResult, Target


class StagesProcess:
    """The Deployer port on child processes of a release's code."""

    def __init__(self, site: Path, home: FindHome, servings: Servings, notifier: Notifier) -> None:
        self._site = site
        self._home = home
        self._servings = servings
        self._notifier = notifier

    def check(self, release: str, config: Path | None = None) -> CheckResult:
        """Read the config of a release, or another directory."""
        home = self._home(release)
        return answers.check(self.ask("check", replace(home, config=config) if config else home, {}))

    def plan(self, context: Context) -> Plan:
        """Compare the observed with the desired state."""
        return answers.plan(self.ask_in("plan", context, {}))

    def begin(self, context: Context, plan: Plan) -> None:
        """Begin the planned deployment, unless the release is an older one whose `plan` has done so."""
        if plan.new is not None:
            answers.require_ok(self.ask_in("begin", context, {"new": plan.new}))

    def fence(self, context: Context) -> Sequence[str]:
        """Send the token to every running host."""
        return answers.hosts(self.ask_in("fence", context, {}))

    def perform(self, context: Context, step: Step) -> StepResult:
        """Perform one step."""
        return answers.performed(self.ask_in("perform", context, {"step": plain(step)}))

    def roster(self, context: Context, gate: str) -> Roster:
        """What the gate must see."""
        return answers.roster(self.ask_in("roster", context, {"gate": gate}))

    def target(self, context: Context) -> Target:
        """Write target.json."""
        return answers.target(self.ask_in("target", context, {}))

    def collect(self, context: Context, into: Path) -> Sequence[str]:
        """Write the state of the stage into `into`."""
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        return answers.files(self.ask_in("collect", context, {"into": str(into)}))

    def planes(self, context: Context) -> PlanesSeen:
        """What stands, and who answers."""
        return answers.planes(self.ask_in("planes", context, {}))

    def ask(
        self, verb: str, home: Home, request: Mapping[str, object], log: Path | None = None
    ) -> Mapping[str, Any]:
        """Make one call and return its result line; append what the child wrote to stderr to `log`.

        Raises ChildCrashed without a result, ProtocolNotSpoken for another protocol.
        """
        return self._asked(verb, home, request, log, self._pass_on)

    def ask_in(
        self,
        verb: str,
        context: Context,
        request: Mapping[str, object],
        heard: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> Mapping[str, Any]:
        """Make one call about a stage; `heard` receives lines before the result, instead of the notifier."""
        home = self._home(context.release)
        given = {key: value for key, value in plain(context).items() if value is not None}
        log = self._site / "runs" / context.promotion / "stages.log" if context.promotion else None
        return self._asked(verb, home, {**given, **request}, log, heard or self._pass_on)

    def _asked(
        self,
        verb: str,
        home: Home,
        request: Mapping[str, object],
        log: Path | None,
        heard: Callable[[Mapping[str, Any]], None],
    ) -> Mapping[str, Any]:
        document = {"protocol": PROTOCOL, "site": str(self._site), "config": str(home.config), **request}
        answer = self._servings.ask(home, Request(verb, document), heard)
        _keep(log, verb, answer.said)
        return answer.believed(verb)

    def _pass_on(self, line: Mapping[str, Any]) -> None:
        if line.get("event") != "progress":  # a point, which nobody has asked for
            return
        host = line.get("host")
        self._notifier.progress(str(line.get("message", "")), str(host) if host else None)


def _keep(log: Path | None, verb: str, text: str) -> None:
    if log is None or not text:
        return
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("a") as handle:
        handle.write(f"== {verb}\n{text}")
