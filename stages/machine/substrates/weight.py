"""The shares of the machine's CPU time: of the hosts, and of the processes that create them.

The kernel's scheduler shares a busy core between groups of processes. A user's session is one group, and all
of podman's containers together are one. By default all hosts together get no more of a core than one gate.
"""

import contextlib
import os
from pathlib import Path, PurePosixPath

from stages.errors import ProgramFailed

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")
KTHREADD = 2  # the parent of all kernel threads
# The hosts together weigh as much as this many sessions.
SESSIONS = 8
# The file that holds a group's weight, and the weight of a session: for cgroups version 1, and for 2.
ONE = {"cpu/{group}/cpu.shares": 1024, "{group}/cpu.weight": 100}
# The scheduler's group of this process's session.
OWN = Path("/proc/self/autogroup")
# How many microseconds of each second the programs of one host may run at real-time priority, and those of
# all hosts together. keepalived takes 2 ms; a reload some 20. The kernel refuses more for the hosts than for
# their parent: 32 load balancers may stand on one machine.
REAL_TIME_US, REAL_TIME_OF_ALL_US = 25_000, 800_000
NICENESS = -10  # gives a session, or a kernel thread, a little more than the hosts have


def weigh(container: str, cgroups: Path = CGROUPS) -> None:
    """Set the weight of the group that holds a container's own group.

    `container` is the container's own group, such as /libpod_parent/libpod-…. Nothing is set if it is in no
    other group, or if the kernel has no weights for groups. Raises ProgramFailed if the kernel refuses one.
    """
    group = str(PurePosixPath(container).parent).strip("/")
    for name, one in ONE.items():
        file = cgroups / name.format(group=group)
        if group and file.exists():
            _set(file, SESSIONS * one)


def allow_real_time(container: str, cgroups: Path = CGROUPS) -> None:
    """Let programs in a container's group run at real-time priority.

    A kernel that shares real-time priority by groups (cgroups version 1, CONFIG_RT_GROUP_SCHED) gives a new
    group none. Nothing is set on others: there a right is enough. Raises ProgramFailed if the kernel refuses.
    """
    group = PurePosixPath(container.strip("/"))
    own, above = (cgroups / "cpu" / one / "cpu.rt_runtime_us" for one in (group, group.parent))
    if not group.name or not own.exists():
        return
    if int(above.read_text()) < REAL_TIME_OF_ALL_US:
        _set(above, REAL_TIME_OF_ALL_US)
    _set(own, REAL_TIME_US)


def raise_kernel_threads(proc: Path = PROC) -> None:
    """Give the kernel's own threads a priority that keeps up with the hosts' weight.

    One of them may hold a lock that every host waits for: if memory is reclaimed proactively (DAMON), it
    walks all mappings of the C library, whose lock each new process takes. Only threads at the default
    priority are raised; none if this process can't see them, as in a container. Raises ProgramFailed if the
    kernel refuses.
    """
    for thread in proc.glob("[0-9]*"):
        try:
            # proc(5): after the name in parentheses come the state, the parent, …, and as 17th the niceness
            fields = (thread / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == KTHREADD and int(fields[16]) == 0:
                os.setpriority(os.PRIO_PROCESS, int(thread.name), NICENESS)
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        except OSError as error:
            raise ProgramFailed(
                "the priority of a kernel thread could not be raised",
                where=str(thread),
                why=error.strerror or repr(error),
                next=f"as root: renice --priority {NICENESS} --pid {thread.name}",
            ) from error


def go_first(autogroup: Path = OWN) -> None:
    """Give this process's session priority over the hosts; see sched(7), "The autogroup feature".

    Steps of a plan wait for what this process starts, such as podman. Nothing changes if others share the
    session, such as the shell of a user who started this by hand, or if the kernel refuses.
    """
    if os.getsid(0) != os.getpid():
        return
    with contextlib.suppress(OSError):
        autogroup.write_text(str(NICENESS))


def _set(file: Path, weight: int) -> None:
    try:
        file.write_text(str(weight))
    except OSError as error:
        raise ProgramFailed(
            "the CPU time of the lab's hosts could not be set",
            where=str(file),
            why=error.strerror or repr(error),
            next=f"as root: echo {weight} > {file}",
        ) from error
