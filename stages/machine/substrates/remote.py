"""Calls the applier on a host over ssh: the request goes in, the reply comes out.

The host has the applier already, named by its digest; if not, it is sent with the request.
"""

import json
import subprocess
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from stages.design.manifest import Manifest
from stages.errors import HostBusy, HostRefused, LeaseLost
from stages.machine import packed
from stages.machine.running import LAST_LINES, mortal
from stages.machine.substrates import given
from stages.machine.substrates.connections import Connections, ended_after, ended_when
from stages.machine.substrates.fence import Lease

PYTHON = ("python3", "-I", "-S", "-c")
# Runs the program that comes first on stdin; what follows is its request.
SENT = (
    "import sys;n=int(sys.stdin.buffer.readline());"
    "exec(compile(sys.stdin.buffer.read(n),'applier','exec'),{'__name__':'__main__'})"
)
NO_PYTHON = 95  # exit status of `told` on a host without Python
NOT_THERE = 96  # exit status of `placed` on a host without this applier
UNREACHABLE = 255  # exit status of ssh if it can't connect or loses its connection
LOOK = "promote lab status"  # the next command where a host failed
LOCKED = "the host is locked"  # the applier's error if another one holds the host's lock for too long


@dataclass(frozen=True, slots=True)
class RemoteHost:
    """A host that ssh reaches by this name with this configuration.

    Each call uses the warm connection in `connections`; without them, it opens its own.
    """

    name: str
    ssh_config: Path
    connections: Connections | None = None

    def ask(self, request: Mapping[str, Any], within: float = 600.0) -> dict[str, Any]:
        """Send the applier a request; return its reply (see stages/applier/).

        Raises HostRefused if the host can't be reached, or gives no reply within `within` seconds.
        """
        body = json.dumps({"protocol": 1, **request}).encode()
        done = self._ssh([*PYTHON, f'"{placed(given.APPLIERS)}"'], body, within)
        if done.returncode == NOT_THERE:  # another release created this host, and this one never began a run
            source = packed.text().encode()
            body = b"%d\n" % len(source) + source + body
            done = self._ssh([*PYTHON, f'"{SENT}"'], body, within)
        if done.returncode == UNREACHABLE:
            raise self._unreachable(done.stderr.decode(errors="replace"), transient=True)
        return self._read(done, "the applier")

    def told(self, program: str, question: Mapping[str, Any], within: float) -> dict[str, Any]:
        """Run a program of the standard library on the host with this question; return its answer.

        Raises HostRefused if the host can't be reached, has no Python, or gives no answer within `within`
        seconds.
        """
        source = program.encode()
        body = b"%d\n" % len(source) + source + json.dumps(question).encode()
        # A plain shell looks for Python first: what is wrong without it should be said, not guessed.
        first = f"command -v {PYTHON[0]} >/dev/null || exit {NO_PYTHON}; exec"
        done = self._ssh([first, *PYTHON, f'"{SENT}"'], body, within)
        if done.returncode == UNREACHABLE:
            raise self._unreachable(done.stderr.decode(errors="replace"), transient=True)
        if done.returncode == NO_PYTHON:
            raise HostRefused(
                f"{self.name} has no {PYTHON[0]}",
                where=self.name,
                why="programs that run on hosts need it",
                next="apt-get install python3, on the host",
            )
        return self._read(done, "a program")

    def change(
        self,
        mode: str,
        lease: Lease,
        secrets: Mapping[str, str],
        within: float = 600.0,
        **parts: Any,  # noqa: ANN401 - JSON
    ) -> dict[str, Any]:
        """Apply a manifest or run commands under this lease, `within` seconds; return the receipt.

        The answers to `facts`, if any are asked for, are in it.

        Raises LeaseLost if a newer token was granted or has reached the host, HostBusy if another applier is
        still running there, HostRefused if the work fails.
        """
        lease.check()
        values = {"secrets": dict(secrets), "digest_key": secrets["digest-key"]}
        reply = self.ask({"mode": mode, "token": lease.token, **values, **parts}, within)
        if reply.get("refused"):
            raise LeaseLost(
                f"{self.name} refused", where=self.name, why=str(reply["refused"]), next="promote status"
            )
        if not reply["ok"]:
            what, why = reply["error"]["what"], reply["error"]["why"]
            if what == LOCKED:
                raise HostBusy(what, where=self.name, why=why, next=LOOK, transient=True)
            raise HostRefused(what, where=self.name, why=why, next=LOOK, transient=reply["transient"])
        asked = (("told", reply.get("told")), ("facts", parts.get("facts")))
        kept = ("changes", "manifest_digest", "seconds", *(key for key, there in asked if there))
        return {key: reply[key] for key in kept if key in reply}

    def wait(self, within: float = 40.0) -> None:
        """Return as soon as ssh answers. Raises HostRefused after `within` seconds."""
        try:
            for attempt in Retrying(
                retry=retry_if_exception_type(HostRefused),
                stop=stop_after_delay(within),
                wait=wait_fixed(0.2),
            ):
                with attempt:
                    self._answers()
        except RetryError as error:
            raise error.last_attempt.exception() or error from None

    def output(self, argv: str, within: float = 20.0) -> str:
        """The output of a shell command on the host, stderr included; for people to read."""
        done = self._ssh([f"{argv} 2>&1"], b"", within)
        return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")

    def shell(self, script: str, body: bytes | Path, within: float) -> tuple[int, str, str]:
        """How a shell script on the host ended: its exit status, stdout and stderr.

        Its stdin is `body`, or the file with this path. The status is UNREACHABLE if ssh can't connect.
        Raises HostRefused after `within` seconds.
        """
        done = self._ssh([script], body, within)
        return (
            done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
        )

    def lines(
        self, script: str, within: float, over: Callable[[], bool] = lambda: False
    ) -> Generator[bytes, None, None]:
        """Each line that a shell script on the host prints, as it comes, for `within` seconds at most.

        Its stdin ends when no more lines are taken. Once it is `over`, none comes any more, also from a host
        that hangs. Raises HostRefused if it ends with another status than 0 before.
        """
        argv = mortal(["ssh", "-F", str(self.ssh_config), "-o", "ControlMaster=no", self.name, script])
        pipe = subprocess.PIPE
        with (
            subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe) as process,
            ended_after(process, within),
            ended_when(process, over),
        ):
            try:
                yield from process.stdout or ()
                _, told = process.communicate()
            finally:
                process.kill()
        if over():
            return
        why = told.decode(errors="replace").strip()
        if process.returncode == UNREACHABLE:
            raise self._unreachable(why, transient=True)
        if process.returncode:
            last = why.splitlines()[-1:] or [f"exit status {process.returncode}"]
            raise HostRefused(
                f"a program on {self.name} failed", where=self.name, why=last[0], next=LOOK, transient=True
            )

    def _read(self, done: subprocess.CompletedProcess[bytes], program: str) -> dict[str, Any]:
        try:
            reply: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            why = done.stderr.decode(errors="replace").strip().splitlines()[-LAST_LINES:]
            raise HostRefused(
                f"{program} on {self.name} gave no reply",
                where=self.name,
                why="\n".join(why),
                next=LOOK,
            ) from None
        return reply

    def _answers(self) -> None:
        if self.connections is not None:
            self._warm(self.connections)
            return
        done = self._ssh(["true"], b"", within=10)
        if done.returncode != 0:
            raise self._unreachable(done.stderr.decode(errors="replace"), transient=True)

    def _ssh(
        self, command: Sequence[str], body: bytes | Path, within: float
    ) -> subprocess.CompletedProcess[bytes]:
        if self.connections is not None:
            self._warm(self.connections)
        # A connection opened here is not shared: it would die with the thread that made this call.
        own = ["-o", "ControlMaster=no"]
        argv = mortal(["ssh", "-F", str(self.ssh_config), *own, self.name, *command])
        try:
            if isinstance(body, bytes):
                return subprocess.run(argv, input=body, capture_output=True, timeout=within, check=False)
            with body.open("rb") as file:
                return subprocess.run(argv, stdin=file, capture_output=True, timeout=within, check=False)
        except subprocess.TimeoutExpired:
            raise self._unreachable(f"no result within {within:.0f} s", transient=False) from None

    def _warm(self, connections: Connections) -> None:
        if (why := connections.warm(self.ssh_config, self.name)) is not None:
            raise self._unreachable(why, transient=True)

    def _unreachable(self, why: str, *, transient: bool) -> HostRefused:
        return HostRefused(
            f"{self.name} can't be reached by ssh",
            where=self.name,
            why=why.strip() or "no answer",
            next=LOOK,
            transient=transient,
        )


def placed(folder: str) -> str:
    """The program that runs this code's applier, found by its digest in a folder of the host."""
    where = f"{folder}/{given.digest()}"
    return (
        f"import os,sys;os.path.isdir('{where}') or sys.exit({NOT_THERE});sys.path.insert(0,'{where}');"
        f"import {given.NAME};sys.exit({given.NAME}.main(sys.stdin.buffer,sys.stdout.buffer))"
    )


def manifest_request(manifest: Manifest) -> dict[str, Any]:
    """The part of a request that carries a manifest."""
    return {"manifest": manifest.to_json()}
