"""The faults as data: the commands that make one, undo it, and show that it took effect. Pure."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass

from suites.hosts.reading import Observation
from suites.seam.target import Argv, Target, TargetHost

# Never prompt, and don't wait long for a host that may be down.
SSH_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=3")
TABLE = "stagegate_fault"
CONNECT = (
    "import socket,sys\n"
    "try: socket.create_connection((sys.argv[1], 22), 1).close(); print('reachable')\n"
    "except OSError as e: print('unreachable:', e)\n"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on one host, as argv lists that are run on this machine.

    `reads` is run before and after; `took_effect` compares the two outputs and says whether the fault is in
    effect. `undo` is idempotent, and safe even if the fault was never made. A fault that `severs` breaks the
    host's connections to this machine. `prepare` is what a fault needs before clients are measured; `undo`
    reverts it too.
    """

    name: str
    host: str
    inject: tuple[Argv, ...]
    undo: tuple[Argv, ...]
    reads: Argv
    took_effect: Callable[[str, str], Observation]
    severs: bool = False
    prepare: tuple[Argv, ...] = ()


def ssh(target: Target, host: TargetHost, script: str) -> Argv:
    """Return the argv that runs a shell script on a host."""
    return ("ssh", "-F", str(target.ssh_config), *SSH_OPTIONS, host.name, script)


def kill(target: Target, host: TargetHost, unit: str, *, down: bool = False) -> Fault:
    """Kill all processes of a unit at once (SIGKILL). Whether it restarts is up to the host.

    With `down`, it stays down until the undo. A member that systemd restarts joins its cluster again some
    seconds later, which may cost clients something. That is the price of the undo, not of the fault, and it
    would depend on luck which of the two it counts for. It needs a unit that systemd restarts no sooner than
    after a second. The undo only begins its start: a member that gets all data from another one takes longer
    than any command may, and whether it recovers is judged later.
    """
    name = shlex.quote(unit)
    killed = f"systemctl kill --signal=KILL {name}"
    # Stopped only once it is dead, a unit runs none of the commands of a clean stop.
    until_dead = f"timeout 5 sh -c 'while systemctl is-active --quiet {name}; do sleep 0.02; done'"
    script = f"{killed} && {until_dead} && systemctl stop {name}" if down else killed
    start = "systemctl start --no-block" if down else "systemctl start"

    def took_effect(before: str, after: str) -> Observation:
        gone = before not in ("", "0") and after != before
        now = "none" if after in ("", "0") else f"process {after}"
        return Observation(gone, f"{unit} had process {before}, now {now}")

    return Fault(
        name=f"kill {unit}",
        host=host.name,
        inject=(ssh(target, host, script),),
        undo=(ssh(target, host, f"systemctl reset-failed {name}; {start} {name}"),),
        reads=ssh(target, host, f"systemctl show --property=MainPID --value {name}"),
        took_effect=took_effect,
    )


def freeze(target: Target, host: TargetHost, unit: str) -> Fault:
    """Freeze all processes of a unit (SIGSTOP); the undo lets them continue."""
    name = shlex.quote(unit)

    def took_effect(before: str, after: str) -> Observation:
        frozen = after.startswith("T") and not before.startswith("T")
        return Observation(frozen, f"the process of {unit} is in state {after or 'gone'}")

    return Fault(
        name=f"freeze {unit}",
        host=host.name,
        inject=(ssh(target, host, f"systemctl kill --signal=STOP {name}"),),
        undo=(ssh(target, host, f"systemctl kill --signal=CONT {name}; systemctl start {name}"),),
        reads=ssh(target, host, f"ps -o stat= -p $(systemctl show --property=MainPID --value {name})"),
        took_effect=took_effect,
    )


def stop(target: Target, host: TargetHost, unit: str) -> Fault:
    """Stop a unit as an operator would (systemctl stop)."""
    name = shlex.quote(unit)

    def took_effect(before: str, after: str) -> Observation:
        return Observation(before == "active" and after in ("inactive", "failed"), f"{unit} is {after}")

    return Fault(
        name=f"stop {unit}",
        host=host.name,
        inject=(ssh(target, host, f"systemctl stop {name}"),),
        undo=(ssh(target, host, f"systemctl start {name}"),),
        reads=ssh(target, host, f"systemctl is-active {name} || true"),
        took_effect=took_effect,
    )


def lose(target: Target, host: TargetHost) -> Fault:
    """Lose a host: first its link, so that nothing on it can say goodbye, then its power.

    How that is done, and how it is seen, is up to what the target offers for the host.
    """

    def took_effect(before: str, after: str) -> Observation:
        gone = before == "reachable" and after.startswith("unreachable")
        return Observation(gone, f"{host.name} is {after or 'not asked'}")

    connects = (*target.inside, sys.executable, "-I", "-c", CONNECT, host.address)
    return Fault(
        name="lose the host",
        host=host.name,
        inject=(*host.link_down, *host.power_off),
        undo=(*host.power_on, *host.link_up),
        reads=host.reached or connects,
        took_effect=took_effect,
        severs=True,
    )


def cut_off(target: Target, host: TargetHost, component: str) -> Fault:
    """Silently drop the packets between a host and the other hosts of a component, in both directions.

    The link stays up: the host's clients still reach it.
    """
    peers = ", ".join(peer.address for peer in target.carrying(component) if peer.name != host.name)
    ruleset = f"table inet {TABLE} {{ " + "".join(
        f"chain {chain} {{ type filter hook {chain} priority -300; policy accept; "
        f"ip {side} {{ {peers} }} counter drop; }}; "
        for chain, side in (("input", "saddr"), ("output", "daddr"))
    )  # fmt: skip

    def took_effect(before: str, after: str) -> Observation:
        dropped = _packets(after)
        seen = f"{dropped} packets between {host.name} and its peers dropped"
        return Observation(TABLE not in before and dropped > 0, seen)

    return Fault(
        name="cut off from peers",
        host=host.name,
        inject=((*host.network, "nft", f"{ruleset}}}"),),
        # Adding the table first makes its deletion succeed even if it never existed.
        undo=((*host.network, "nft", f"add table inet {TABLE}; delete table inet {TABLE}"),),
        reads=(*host.network, "nft", "list", "ruleset"),
        took_effect=took_effect,
    )


def _packets(ruleset: str) -> int:
    words = ruleset.split()
    return sum(int(words[i + 1]) for i, word in enumerate(words[:-1]) if word == "packets")
