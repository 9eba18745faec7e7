"""Guarded commands, waits and facts."""

from __future__ import annotations

import json
import os
import time

from stages.applier.protocol import MARK, Problem, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from stages.applier.host import Host
    from stages.applier.protocol import Json

TRY_AGAIN = 75  # how a command says that its failure is transient: EX_TEMPFAIL of sysexits.h


class Commands:
    """Runs commands on a host in order, each only when its guard says so."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def run(self, commands: list[Json]) -> None:
        """Run commands and waits in order, up to the first failure."""
        for command in commands:
            if MARK.search(json.dumps([command.get("run"), command.get("unless"), command.get("until")])):
                raise Problem(f"command {command['name']} can't be run", "a secret must not be in an argv")
            (self.wait if "until" in command else self.command)(command)

    def environment(self, path: str | None) -> dict[str, str]:
        """The NAME=value lines of a file on the host."""
        if path is None or (self.host.dry and not os.path.exists(self.host.at(path))):
            return {}
        with open(self.host.at(path), encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
        pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
        return {name.strip(): value.strip().strip("\"'") for name, value in pairs}

    def command(self, command: Json) -> None:
        """Run the command unless its guard exits 0."""
        env, within = self.environment(command.get("env_file")), float(command.get("within", 120))
        if command.get("unless") and self.host.shell.run(command["unless"], within, env)[0] == 0:
            return
        self.host.note("command", command["name"], "run")
        if self.host.dry:
            return
        # The child inherits the lock: if this process is killed, the host stays locked until the child exits.
        code, out, err = self.host.shell.run(command["run"], within, env, keep=self.host.lock)
        if code:
            what = f"command {command['name']} ended with {code}"
            raise self.host.failed(what, out, err, transient=code == TRY_AGAIN)
        if command.get("tells"):
            self.host.told.extend(line for line in out.splitlines() if line.strip())

    def wait(self, wait: Json) -> None:
        """Repeat `until` until it exits 0. Raises Problem after `within` seconds."""
        end = time.monotonic() + float(wait.get("within", 60))
        while not self.host.dry:
            code, out, err = self.host.shell.run(wait["until"], max(1.0, end - time.monotonic()))
            if code == 0:
                return
            if time.monotonic() >= end:
                problem = self.host.failed(f"{wait['name']} timed out", out, err)
                why = f"not within {wait.get('within', 60):g} s; last answer: {code}\n{problem.why}"
                raise Problem(problem.what, why.strip())
            time.sleep(float(wait.get("every", 0.25)))

    def facts(self, facts: list[Json]) -> Json:
        """Exit status and stdout by name; failures included. Identical commands run once."""
        answers: Json = {}
        asked: dict[bytes, Json] = {}
        for fact in facts:
            same = canonical([fact["run"], fact.get("within")])
            if same not in asked:
                code, out, _ = self.host.shell.run(fact["run"], float(fact.get("within", 30)))
                asked[same] = {"rc": code, "stdout": out}
            answers[fact["name"]] = asked[same]
        return answers
