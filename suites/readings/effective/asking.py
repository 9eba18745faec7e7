"""Asks a host what is in effect there, in one go for all of its components; what it answers, as values."""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed
from suites.seam.declared import Declared
from suites.seam.target import TargetHost

PROGRAM = Path(__file__).parent / "on_host.py"
# What services rely on, of the kernel: its defaults will do, but hosts must have the same. None of these
# depends on how large a machine is.
KERNEL = (
    "net.core.somaxconn",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_nonlocal_bind",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_mtu_probing",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_synack_retries",
    "net.ipv4.tcp_tw_reuse",
    "vm.overcommit_memory",
    "vm.swappiness",
)


@dataclass(frozen=True, slots=True)
class Process:
    """The main process of a unit: its words, joined by blanks, and limits by name.

    One with a `title` of its own has overwritten its environment, and maybe its words. `environment` are the
    names of its variables. Of those that the unit sets, `other_environment` are the ones of which the process
    has another value, or none, each with the file that sets it; empty for the unit itself.
    """

    words: str
    title: bool
    of_this_start: bool
    environment: tuple[str, ...]
    other_environment: Mapping[str, str]
    limits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as systemd has it in memory. Times are in seconds since the epoch.

    One that is `brief` ends by itself when its work is done. It is `stale` if its files were changed since
    systemd read them. `started` is the start of its main process, `changed` the last change of its state,
    such as the end of a reload. `start` is its command with its variables filled in, `files` what systemd
    reads for it and when each was changed, None if missing.
    """

    state: str
    brief: bool
    stale: bool
    reload_failed: bool
    fragment: str
    drop_ins: tuple[str, ...]
    started: float | None
    changed: float | None
    start: str
    files: Mapping[str, float | None]
    loaded: Mapping[str, str]
    process: Process | None


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file: the SHA-256 of what may be compared of its text, and when it was changed."""

    sha256: str
    changed: float


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in effect on a host; None for what is not there.

    `interfaces` has what is told of an interface, such as its MTU, by each of its addresses. `packages` has
    versions from the record that was made with the host's software; that this is what is installed, another
    check says.
    """

    units: Mapping[str, Unit]
    files: Mapping[str, SeenFile | None]
    users: Mapping[str, tuple[int, int] | None]
    names: Mapping[str, tuple[str, ...]]
    kernel: Mapping[str, str | None]
    interfaces: Mapping[str, Mapping[str, str]]
    routes: tuple[str, ...]
    packages: Mapping[str, str | None]


def script(host: TargetHost, units: Iterable[str], packages: Iterable[str]) -> str:
    """Return the script that a host is asked with; `units` and `packages` are those of its components."""
    declared = host.declared or Declared()
    asked = {
        "units": sorted({*units, *host.units}),
        "files": {path: list(file.secret_lines) for path, file in sorted(declared.files.items())},
        "users": sorted(declared.users),
        "names": sorted(declared.names),
        "kernel": sorted({*KERNEL, *declared.kernel}),
        "packages": sorted(set(packages)),
    }
    return shlex.join(["python3", "-IS", "-c", _program(), json.dumps(asked)])


@cache
def _program() -> str:
    return PROGRAM.read_text(encoding="utf-8")


def parse(text: str) -> Effective:
    """Parse what the script prints. Raises ReadingFailed."""
    try:
        return TypeAdapter(Effective).validate_json(text)
    except ValidationError as error:
        why = str(error).splitlines()[0]
        raise ReadingFailed("what is in effect can't be parsed", why=why) from None
