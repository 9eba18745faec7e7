"""Doctor and lab: what the checkout's `python -m stages` does besides deploying."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from pipeline.adapters.children import child_environment
from pipeline.adapters.heard import PROTOCOL
from pipeline.adapters.homes import Home
from pipeline.adapters.stages_answers import require_ok
from pipeline.adapters.stages_process import StagesProcess
from pipeline.core.codec import plain, revive
from pipeline.core.errors import ChildCrashed, ConfigProblem, ConfigProblems
from pipeline.tool_ports import Checkup, FileSchema, InventoryMade, Lab, LabHost, MachinesAsked, Scaled

_T = TypeVar("_T")


class CheckoutTools:
    """The StageTools port. `home` finds the checkout, `standing` the release deployed in a stage, or None."""

    def __init__(
        self,
        site: Path,
        home: Callable[[], Home],
        stages: StagesProcess,
        standing: Callable[[str], str | None],
    ) -> None:
        self._site = site
        self._home = home
        self._stages = stages
        self._standing = standing

    def doctor(self, stage: str | None) -> Checkup:
        """Check this machine, and with a stage its hosts."""
        answer = self._stages.ask("doctor", self._home(), {} if stage is None else {"stage": stage})
        require_ok(answer)
        return _believed(lambda: cast("Checkup", revive(Checkup, answer)))

    def scale(self, stage: str, counts: Mapping[str, int]) -> Scaled:
        """Write the counts into the checkout's config."""
        answer = self._stages.ask("scale", self._home(), {"stage": stage, "counts": dict(counts)})
        problems = _rows(ConfigProblem, answer, "problems")
        if problems:
            raise ConfigProblems(problems, "the config with these counts")
        return _believed(lambda: cast("Scaled", revive(Scaled, answer)))

    def init_inventory(self, asked: MachinesAsked) -> InventoryMade:
        """Ask the machines, and write the stage's file."""
        answer = self._stages.ask("init-inventory", self._home(), plain(asked))
        require_ok(answer)
        return _believed(lambda: cast("InventoryMade", revive(InventoryMade, answer)))

    def json_schemas(self) -> Sequence[FileSchema]:
        """What the checkout's code makes of its models."""
        return _rows(FileSchema, self._stages.ask("json-schemas", self._home(), {}), "schemas")

    def lab_status(self, stage: str | None) -> Sequence[LabHost]:
        """The hosts of the lab."""
        return _rows(LabHost, self._stages.ask("lab-status", self._home(), {"stage": stage}), "hosts")

    def lab_down(self, stage: str | None, tokens: Mapping[str, int]) -> Sequence[str]:
        """Remove the lab."""
        request = {"stage": stage, "tokens": dict(tokens)}
        return _removed(self._stages.ask("lab-down", self._home(), request))

    def lab_list(self) -> Sequence[Lab]:
        """The labs of all sites on this machine."""
        return _rows(Lab, self._stages.ask("lab-list", self._home(), {}), "labs")

    def lab_clean(self, site: str) -> Sequence[str]:
        """Remove the lab of a site without its folder."""
        return _removed(self._stages.ask("lab-clean", self._home(), {"lab": site}))

    def lab_exec(self, stage: str, argv: Sequence[str], preview: str | None = None) -> int:
        """Run a command inside the stage; Ctrl-C reaches only the command."""
        home = self._home()
        request = {
            "protocol": PROTOCOL,
            "site": str(self._site),
            "config": str(home.config),
            "stage": stage,
            "release": self._standing(stage) or "",
            "argv": list(argv),
            **({} if preview is None else {"preview": preview}),
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(request, file)
            file.flush()
            command = [str(home.python), "-m", "stages", "lab-exec", "--request", file.name]
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                with subprocess.Popen(command, cwd=home.code, env=child_environment(home)) as child:
                    status = child.wait()
            finally:
                signal.signal(signal.SIGINT, before)
        return 128 - status if status < 0 else status


def _removed(answer: Mapping[str, Any]) -> Sequence[str]:
    require_ok(answer)
    return tuple(str(item) for item in answer.get("removed", ()))


def _rows(kind: type[_T], answer: Mapping[str, Any], key: str) -> tuple[_T, ...]:
    require_ok(answer)
    return _believed(lambda: tuple(revive(kind, row) for row in answer[key]))


def _believed(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except (KeyError, TypeError, ValueError) as problem:
        raise ChildCrashed(
            "`python -m stages` of the checkout returned a malformed answer", why=repr(problem)
        ) from (problem)
