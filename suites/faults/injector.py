"""Makes and undoes faults: each is guarded, recorded before it is made, and proved."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from suites.errors import FaultRefused, HealingFailed, ReadingFailed
from suites.faults.fault import Fault
from suites.faults.guard import by_today_s_network, reaching, undirected
from suites.faults.undo_log import Standing, UndoLog
from suites.seam.lease import Lease, require_ours
from suites.seam.target import Argv, Target

COMMAND_WITHIN = 30.0
READ_WITHIN = 5.0
BITES_WITHIN = 6.0
# Which network a program is in. The first one of a machine has the same number everywhere.
BOOT, NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/net")
WHERE = ("sh", "-c", f"cat {BOOT}; readlink {NAMESPACE}")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended; the status is None if it timed out or could not be started."""

    status: int | None
    stdout: str
    stderr: str


Run = Callable[[Argv, float], Ran]


def run(argv: Argv, within: float) -> Ran:
    """Run a command of the target on this machine."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=within, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return Ran(None, "", f"no result within {within:g} s")
    except OSError as error:
        return Ran(None, "", str(error))
    return Ran(done.returncode, done.stdout.strip(), done.stderr.strip())


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was made: when its first command began and ended, and the reading taken before it."""

    fault: Fault
    at: float
    made: float
    before: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a fault was seen to take effect, in words too; `read`: whether the last reading succeeded."""

    holds: bool
    seen: str
    read: bool = True


@dataclass(frozen=True, slots=True)
class Injector:
    """Makes faults on the hosts of a target while the stage belongs to `lease`.

    None: no run is known. Faults are undone whoever has the stage.
    """

    target: Target
    log: UndoLog
    lease: Lease | None
    run: Run = run
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def prepared(self, fault: Fault) -> Iterator[None]:
        """Prepare a fault; undo that with the fault, at the latest after the block. Raises as `injected`."""
        if not fault.prepare:
            yield
            return
        self._must_reach_its_host_alone(fault)
        self.require_ours()
        self.log.add(fault)
        try:
            for argv in fault.prepare:
                self._do(fault, argv)
            yield
        finally:
            self.heal(Standing.of(fault))

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[Injected]:
        """Make a fault; always undo it at the end of the block.

        Raises FaultRefused if it could reach more than its host, LeaseLost if the stage is another run's,
        ReadingFailed if it can't be made, HealingFailed if it can't be undone.
        """
        self._must_reach_its_host_alone(fault)
        before = self.run(fault.reads, READ_WITHIN).stdout
        self.require_ours()  # after the reading, which may take seconds
        self.log.add(fault)
        try:
            moments = [self.clock()]
            for argv in fault.inject:
                self._do(fault, argv)
                moments.append(self.clock())
            yield Injected(fault, moments[0], moments[1], before)
        finally:
            self.heal(Standing.of(fault))

    def proofs(self, made: Sequence[Injected]) -> Proof:
        """Return the proof that all faults took effect, each polled as by `proof`."""
        if len(made) == 1:
            return self.proof(made[0])
        seen = [(one.fault.host, self.proof(one)) for one in made]
        return Proof(
            all(proof.holds for _, proof in seen),
            "; ".join(f"{host}: {proof.seen}" for host, proof in seen),
            all(proof.read for _, proof in seen),
        )

    def require_ours(self) -> None:
        """Return if faults may be made in the stage. Raises LeaseLost."""
        require_ours(self.lease, self.target.stage)

    def proof(self, made: Injected, within: float = BITES_WITHIN) -> Proof:
        """Poll until the fault is seen to take effect or the time is over; return the last result.

        A failed reading is no proof, whatever it prints.
        """
        end = self.clock() + within
        while True:
            ran = self.run(made.fault.reads, READ_WITHIN)
            effect = made.fault.took_effect(made.before, ran.stdout)
            seen = Proof(effect.holds, effect.seen)
            if ran.status != 0:
                seen = Proof(
                    holds=False, seen=f"{effect.seen} (the reading failed: {ran.stderr})", read=False
                )
            if seen.holds or self.clock() >= end:
                return seen
            self.sleep(0.1)

    def heal(self, standing: Standing) -> None:
        """Undo a fault and remove it from the log. Raises HealingFailed; then it stays in the log."""
        host = next((host for host in self.target.hosts if host.name == standing.host), None)
        undo = (
            standing.undo if host is None else tuple(by_today_s_network(argv, host) for argv in standing.undo)
        )
        for argv in undo:
            problem = (
                "it is not a host of the target" if host is None else undirected(argv, host, self.target)
            )
            if problem:
                raise HealingFailed(
                    f"will not undo: {standing.fault}",
                    where=f"{standing.host}, in {self.log.path}",
                    why=problem,
                    next=f"undo it by hand, remove it from the file, then: {self._again}",
                )
        if standing.severs:
            # A shared connection to the lost host would only block until it times out.
            self.run(("ssh", "-F", str(self.target.ssh_config), "-O", "exit", standing.host), READ_WITHIN)
        failed = [ran.stderr for argv in undo if (ran := self.run(argv, COMMAND_WITHIN)).status != 0]
        if failed:
            raise HealingFailed(
                f"could not undo: {standing.fault}", where=standing.host, why="; ".join(failed),
                next=f"{self._again}, which tries again first",
            )  # fmt: skip
        self.log.remove(standing)

    @property
    def _again(self) -> str:
        return f"promote gate failover --stage {self.target.stage}"

    def heal_all(self) -> tuple[Standing, ...]:
        """Undo all faults in the log, newest first, and return them.

        Raises HealingFailed if one could not be undone, after trying all others.
        """
        left = tuple(reversed(self.log.standing()))
        failed: list[HealingFailed] = []
        for standing in left:
            try:
                self.heal(standing)
            except HealingFailed as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return left

    def _do(self, fault: Fault, argv: Argv) -> None:
        ran = self.run(argv, COMMAND_WITHIN)
        if ran.status != 0:
            raise ReadingFailed(f"could not {fault.name}", where=fault.host, why=ran.stderr)

    def _must_reach_its_host_alone(self, fault: Fault) -> None:
        problem = reaching(fault, self.target) or self._astray(fault)
        if problem:
            raise FaultRefused(f"will not {fault.name}", where=fault.host, why=problem)

    def _astray(self, fault: Fault) -> str | None:
        """Say why the host's network prefix does not enter another network namespace; None if it does."""
        host = self.target.host(fault.host)
        if not any(host.network and argv[: len(host.network)] == host.network for argv in fault.inject):
            return None
        there = self.run((*host.network, *WHERE), READ_WITHIN)
        if there.status != 0 or there.stdout.split() == [BOOT.read_text().strip(), str(NAMESPACE.readlink())]:
            return f"the command does not enter another network namespace: {there.stderr or there.stdout}"
        return None
