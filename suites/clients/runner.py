"""Client processes inside the stage: they use this machine's Python and files, and the stage's network."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suites.errors import ClientFailed
from suites.hosts.host import last_line
from suites.seam.target import SecretProgram, SecretVariable, Target

CODE = Path(__file__).resolve().parents[2]
MAIN = "suites.clients.client_main"
# All that a client inherits, besides referenced secrets: a proxy set for this machine would intercept
# requests that are meant for the stage.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
# Bounds a client that hangs; how fast the stage answers is judged elsewhere. On a full machine, the
# second of CPU time that a client needs to start has taken 20 s.
HANGS_AFTER_S = 60.0

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Clients:
    """Runs clients inside the stage of a target. They get secrets by reference, never in argv."""

    target: Target

    def require_secrets(self) -> None:
        """Read what only programs can read; it is kept for all clients of this process.

        Raises ClientFailed if there is no value, NotMeasured if its store can't be read for now.
        """
        self._environment()

    def run(self, argv: Sequence[str], *, within: float, stdin: str = "") -> str:
        """Run a command inside the stage with the target's clouds.yaml, and return its stdout.

        Raises ClientFailed if it takes longer than `within` seconds or exits with a status other than 0, and
        NotMeasured as `require_secrets` does.
        """
        command = [*self.target.inside, *argv]
        name = argv[-1] if argv[1:2] == ["-m"] else argv[0]
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=within,
                check=False,
                env=self._environment(),
                cwd=CODE,
            )
        except subprocess.TimeoutExpired:
            raise ClientFailed(f"no answer within {within:g} s", where=name) from None
        except OSError as error:
            raise ClientFailed("could not be started", where=name, why=str(error)) from None
        if done.returncode != 0:
            raise ClientFailed(f"ended with {done.returncode}", where=name, why=last_line(done.stderr))
        return done.stdout

    def start(self, module: str, request: Mapping[str, object]) -> subprocess.Popen[str]:
        """Start a client module that runs until its stdin ends, and send it its request as one line.

        Raises ClientFailed if it can't be started, and NotMeasured as `require_secrets` does.
        """
        try:
            process = subprocess.Popen(
                [*self.target.inside, sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=self._environment(),
                cwd=CODE,
            )
        except OSError as error:
            raise ClientFailed("could not be started", where=module, why=str(error)) from None
        if process.stdin is not None:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        return process

    def ask(self, module: str, request: Mapping[str, object], *, within: float = HANGS_AFTER_S) -> Answer:
        """Send a request to a client module, as JSON, and return its answer.

        Raises ClientFailed and NotMeasured like `run`, and ClientFailed if the answer is not a JSON object.
        """
        argv = [sys.executable, "-m", MAIN, module]
        text = self.run(argv, within=within, stdin=json.dumps(request))
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise ClientFailed("its answer is not JSON", where=module, why=str(error)) from None
        if not isinstance(answer, dict):
            raise ClientFailed("its answer is not a JSON object", where=module)
        return answer

    def _environment(self) -> dict[str, str]:
        references = self.target.secrets.values()
        referred = [reference.env for reference in references if isinstance(reference, SecretVariable)]
        kept = {name: os.environ[name] for name in (*PASSED_ON, *referred) if name in os.environ}
        programs = [reference for reference in references if isinstance(reference, SecretProgram)]
        try:
            printed = {one.passed_on: one.read() for one in programs}
        except LookupError as error:
            raise ClientFailed("a secret of the target can't be read", why=str(error)) from None
        return (
            kept
            | printed
            | {
                "PYTHONPATH": str(CODE),
                "PYTHONDONTWRITEBYTECODE": "1",
                "OS_CLIENT_CONFIG_FILE": str(self.target.clouds),
                "OS_CLOUD": self.target.cloud,
            }
        )
