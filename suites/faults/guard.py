"""What no fault may do: reach this machine itself, or break a quorum that it does not target. Pure."""

from collections.abc import Collection
from enum import Enum

from suites.faults.fault import Fault, ssh
from suites.seam.target import Argv, Target, TargetHost


class Quorum(Enum):
    """How many hosts of a component must remain for it to serve."""

    ONE = "one"
    MAJORITY = "a majority"

    def of(self, total: int) -> int:
        """Return the number of hosts needed out of `total`."""
        return 1 if self is Quorum.ONE else total // 2 + 1


def reaching(fault: Fault, target: Target) -> str | None:
    """Say how a fault could reach something other than its host; None if it can't."""
    host = next((host for host in target.hosts if host.name == fault.host), None)
    if host is None:
        return f"{fault.host!r} is not a host of the target"
    if not fault.inject or not fault.undo:
        return f"the target does not say how to {fault.name} {fault.host} and back"
    for argv in (*fault.prepare, *fault.inject, *fault.undo):
        problem = undirected(argv, host, target)
        if problem:
            return problem
    return None


def undirected(argv: Argv, host: TargetHost, target: Target) -> str | None:
    """Say why a command is not one that acts on this host only; None if it is."""
    powers = (*host.power_off, *host.power_on, *host.link_down, *host.link_up)
    # A machine's levers carry a program's text. That of the release which made a fault is the one to end it,
    # so of a command by ssh it counts where it goes, and not what it says.
    over_ssh = argv[:-1] == ssh(target, host, "")[:-1] or (
        host.exec[:1] == ("ssh",) and argv[:-1] == host.exec
    )
    inside = (
        bool(host.network) and argv[: len(host.network)] == host.network and len(argv) > len(host.network)
    )
    if not (over_ssh or inside or argv in powers):
        return f"`{' '.join(argv[:6])} …` is not a command of the target for {host.name}"
    # A command that does not even name the host would act on this machine.
    if not over_ssh and not any(_names(word, host.name) for word in argv):
        return f"`{' '.join(argv[:6])} …` does not name {host.name}"
    return None


def by_today_s_network(argv: Argv, host: TargetHost) -> Argv:
    """The command, in the host's network by today's prefix if it was by one that another release wrote.

    The two differ in one word, a program's text, and not in their last one, the host's name.
    """
    last = len(host.network)
    if len(argv) <= last or argv[last - 1 : last] != host.network[-1:]:
        return argv
    differ = sum(one != other for one, other in zip(argv, host.network, strict=False))
    return (*host.network, *argv[last:]) if differ == 1 else argv


def outnumbering(
    component: str, quorum: Quorum, victims: Collection[str], healthy: Collection[str], total: int
) -> str | None:
    """Say why a component could not survive the loss of hosts; None if it can.

    `victims` and `healthy` are names of hosts; the latter are those of its `total` hosts that serve now.
    """
    left = len(set(healthy) - set(victims))
    if left >= quorum.of(total):
        return None
    return (
        f"without {', '.join(victims)} {left} of {total} hosts of {component} would be left, "
        f"and it needs {quorum.of(total)}"
    )


def _names(word: str, host: str) -> bool:
    return word == host or word.endswith(f"-{host}") or f"-{host} " in word or f'-{host}"' in word
