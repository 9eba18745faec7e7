"""How checks reach hosts: testinfra over ssh, one command at a time."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import testinfra
from testinfra.host import Host as Testinfra

from suites.errors import ReadingFailed
from suites.seam.target import Target

# Timeouts for connecting and for silence: a frozen host fails its check instead of blocking the gate.
SSH_LIMITS = "-o BatchMode=yes -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=2"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Output:
    """The exit status and output of a script on a host."""

    status: int
    stdout: str
    stderr: str


class Host(Protocol):
    """A host under test."""

    @property
    def name(self) -> str:
        """Its name in the target."""

    @property
    def address(self) -> str:
        """Its address inside the stage."""

    def ask(self, script: str, *, within: int = 20) -> Output:
        """Run a shell script as root and return its output, whatever its exit status.

        Raises ReadingFailed if the host can't be reached.
        """

    def read(self, script: str, *, within: int = 20) -> str:
        """Run a shell script as root and return its stdout. Raises ReadingFailed, also if it fails."""


@dataclass(frozen=True, slots=True)
class SshHost:
    """A host reached by ssh through the stage's ssh_config."""

    name: str
    address: str
    testinfra: Testinfra

    def ask(self, script: str, *, within: int = 20) -> Output:
        """Run a shell script as root; after `within` seconds it is killed, with exit status 124."""
        try:
            result = self.testinfra.run(f"timeout {within} sh -c {shlex.quote(script)}")
        except RuntimeError as error:
            raise ReadingFailed("no answer over ssh", where=self.name, why=_ssh_said(error)) from None
        return Output(result.rc, result.stdout, result.stderr)

    def read(self, script: str, *, within: int = 20) -> str:
        """Run a shell script that must succeed, and return its stdout."""
        return stdout_of(self.ask(script, within=within), where=self.name)


def stdout_of(output: Output, *, where: str = "") -> str:
    """Return the stdout of a script. Raises ReadingFailed if the script failed."""
    if output.status == 0:
        return output.stdout
    why = last_line(output.stderr, output.stdout)
    raise ReadingFailed(f"a reading ended with {output.status}", where=where, why=why)


def last_line(*texts: str, otherwise: str = "no output") -> str:
    """Return the last line of the first text that is not blank."""
    return next((text.strip().splitlines()[-1] for text in texts if text.strip()), otherwise)


def read_all(hosts: Iterable[Host], read: Callable[[Host], T]) -> dict[str, T]:
    """Return what `read` returns for each host, by name. Raises what `read` raises."""
    return {host.name: read(host) for host in hosts}


def reach(target: Target) -> Mapping[str, Host]:
    """Return all hosts of a target by name. The first command opens the connection."""
    return {
        host.name: SshHost(
            host.name,
            host.address,
            testinfra.get_host(
                f"ssh://{host.name}",
                ssh_config=str(target.ssh_config),
                ssh_extra_args=SSH_LIMITS,
                controlpersist=0,  # the ssh_config's ControlMaster settings apply
            ),
        )
        for host in target.hosts
    }


def _ssh_said(error: RuntimeError) -> str:
    result = error.args[0] if error.args else None
    return last_line(str(getattr(result, "stderr", "")), otherwise="ssh ended with 255")
