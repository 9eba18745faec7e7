"""This process as the holder of a lease, who runs it, and whether another holder still runs."""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.core.actor import Actor
from pipeline.core.events import Holder
from pipeline.core.leases import Liveness, judge_liveness

_PROC = Path("/proc")
_STATE, _START = 0, 19  # fields 3 and 22 of proc(5) stat, counted after the name


def this_process() -> Holder:
    """This process as a holder."""
    pid = os.getpid()
    return Holder(
        pid=pid,
        started=_start_time(pid) or 0,
        boot=(_PROC / "sys/kernel/random/boot_id").read_text().strip(),
        namespace=(_PROC / "self/ns/pid").readlink().name,
        hostname=os.uname().nodename,
    )


def actor(environment: Mapping[str, str]) -> Actor:
    """Who runs this process: the account, as `user@host`, and in a job of GitLab who started the job.

    Nobody vouches for either: whoever runs the process can set both. A token that proves it is `id_token`'s.
    """
    import getpass  # noqa: PLC0415 - it loads what reads passwords, and no question names its actor

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name
        user = "unknown"
    account = f"{user}@{os.uname().nodename}"
    login, job = environment.get("GITLAB_USER_LOGIN"), environment.get("CI_JOB_URL")
    return Actor(f"{login}, by job {job} as {account}" if login and job else account)


def liveness(holder: Holder) -> Liveness:
    """Whether the process that took a lease still runs."""
    return judge_liveness(holder, this_process(), _start_time(holder.pid))


def _start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else int(fields[_START])
