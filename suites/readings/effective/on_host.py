"""Runs on a host, and prints as JSON what is in effect there: units, processes, files, accounts, kernel.

Its argument is JSON: {"units": [names], "files": {path: [numbers of lines to leave out]}, "users": [names],
"names": [names of hosts], "kernel": [names], "packages": [names]}. It needs the standard library alone.

It prints no value of a process's environment, and of files nothing but a digest: there may be secrets in
both.
"""

from __future__ import annotations

import grp
import hashlib
import json
import pwd
import re
import shlex
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from typing import Any

    Json = dict[str, Any]

TIMES = ("ExecMainStartTimestamp", "ActiveEnterTimestamp", "StateChangeTimestamp")
# What a unit has in effect once systemd has put all of its files together. Hosts of a role have it alike.
LOADED = (
    *("ExecStart", "User", "Group", "Restart", "RestartUSec", "TimeoutStartUSec", "TimeoutStopUSec"),
    *("KillMode", "LimitNOFILE", "LimitNOFILESoft", "LimitCORE", "MemoryMax", "MemoryHigh"),
    *("CPUQuotaPerSecUSec", "CPUWeight", "AllowedCPUs", "Nice", "OOMScoreAdjust", "WorkingDirectory"),
)
SHOWN = (
    *("Id", "ActiveState", "MainPID", "InvocationID", "NeedDaemonReload", "FragmentPath", "DropInPaths"),
    *("Type", "RemainAfterExit", "ReloadResult", "Environment", "EnvironmentFiles", *TIMES, *LOADED),
)
ARGV = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")
PROGRAM = re.compile(r"path=(\S+) ; argv")
QUEUE = re.compile(r"\d+: ([^:@]+)(?:@[^:]*)?: .* qdisc (\S+)")
ADDRESS = re.compile(r"\d+: (\S+) +inet ([\d.]+)")
PACKAGES = "/usr/share/stagegate/debian-packages"


def units(names: list[str]) -> list[dict[str, list[str]]]:
    """The properties of units, each with all its values."""
    if not names:  # it would tell of systemd itself
        return []
    found: list[dict[str, list[str]]] = [{}]
    for line in ran("systemctl", "show", "--timestamp=us+utc", f"--property={','.join(SHOWN)}", *names):
        if not line:  # between two units
            found.append({})
            continue
        name, _, value = line.partition("=")
        found[-1].setdefault(name, []).append(value)
    return [one for one in found if one]


def told(unit: dict[str, list[str]]) -> Json:
    """What is told of a unit, and of its main process if it has one."""

    def first(name: str) -> str:
        return unit.get(name, [""])[0]

    sources = [path.rpartition(" (")[0] for path in unit.get("EnvironmentFiles", [])]
    wanted = environment(first("Environment"), sources)
    pid = int(first("MainPID") or 0)
    times = {name: moment(first(name)) for name in TIMES}
    programs = [path for value in unit.get("ExecStart", []) for path in PROGRAM.findall(value)]
    read = (first("FragmentPath"), *first("DropInPaths").split(), *sources, *programs)
    start = [" ".join(ARGV.findall(value)) for value in unit.get("ExecStart", [])]
    return {
        "state": first("ActiveState"),
        "brief": first("Type") == "oneshot" and first("RemainAfterExit") == "no",
        "stale": first("NeedDaemonReload") == "yes",
        "reload_failed": first("ReloadResult") not in ("", "success"),
        "fragment": first("FragmentPath"),
        "drop_ins": first("DropInPaths").split(),
        "started": times[TIMES[0]] or times[TIMES[1]],
        "changed": times[TIMES[2]],
        "start": expanded(start[-1], wanted) if start else "",
        "files": {path: file_time(path) for path in read if path},
        "loaded": {name: "; ".join(start if name == "ExecStart" else unit.get(name, [])) for name in LOADED},
        "process": process(pid, first("InvocationID"), wanted) if pid else None,
    }


def moment(text: str) -> float | None:
    """Seconds since the epoch of a time such as `Sun 2026-11-29 15:58:27.811177 UTC`."""
    if not text or text == "n/a":
        return None
    day, clock, _ = text.split()[1:]
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC).timestamp()


def environment(inline: str, sources: list[str]) -> dict[str, tuple[str, str]]:
    """The variables that a unit sets, each with the file that does, of which later ones win.

    The file is empty for the unit itself. Values that would need unescaping are left out.
    """
    pairs = [(line, "") for line in shlex.split(inline)]
    for path in sources:
        if Path(path).exists():  # some may be missing
            pairs += [(line.strip(), path) for line in Path(path).read_text(errors="replace").splitlines()]
    found = {}
    for line, path in pairs:
        name, equals, value = line.partition("=")
        if equals and "\\" not in value and not line.startswith(("#", ";")):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name.strip()] = (value[1:-1] if quoted else value, path)
    return found


def expanded(words: str, variables: dict[str, tuple[str, str]]) -> str:
    """A command as systemd starts it: a variable that is a word may become several, or none."""
    known = re.sub(r"\$\{?(\w+)\}?", lambda name: variables.get(name[1], ("",))[0], words)
    return " ".join(known.split())


def process(pid: int, invocation: str, wanted: dict[str, tuple[str, str]]) -> Json | None:
    """What is told of a process; None if it has ended meanwhile."""
    at = Path(f"/proc/{pid}")
    try:
        words = text_of(at / "cmdline").split("\0")
        has = dict(pair.partition("=")[::2] for pair in text_of(at / "environ").split("\0"))
        # The hard limit: within it, HAProxy sets the other by what it had open when it was reloaded.
        files = re.search(r"^Max open files +\S+ +(\S+)", text_of(at / "limits"), re.MULTILINE)
        stat = text_of(at / "stat").rpartition(")")[2].split()
        score = text_of(at / "oom_score_adj").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # A program may overwrite its environment to show a title; what systemd always sets is then missing.
    titled = "INVOCATION_ID" not in has
    other = {} if titled else {name: where for name, (must, where) in wanted.items() if has.get(name) != must}
    return {
        "words": " ".join(" ".join(words).split()),
        "title": titled,
        "of_this_start": titled or has["INVOCATION_ID"] == invocation,
        "environment": [] if titled else sorted(filter(None, has)),
        "other_environment": other,
        "limits": {
            "open files": files[1] if files else "unknown",
            "nice": stat[16],
            "scheduling": stat[38],
            "oom score": score,
        },
    }


def text_of(path: Path) -> str:
    """The text of a file. Raises OSError."""
    return path.read_text(errors="replace")


def file_time(path: str) -> float | None:
    """When a file, or its name, owner or mode, was changed last; None if it is missing."""
    try:
        return Path(path).stat().st_ctime
    except FileNotFoundError:
        return None


def digest(path: str, without: list[int]) -> Json | None:
    """When a file was changed, and the SHA-256 of its text without some lines; None if it is missing."""
    changed = file_time(path)
    if changed is None:
        return None
    lines = Path(path).read_bytes().split(b"\n")
    kept = b"\n".join(line for number, line in enumerate(lines) if number not in without)
    return {"sha256": hashlib.sha256(kept).hexdigest(), "changed": changed}


def account(name: str) -> list[int] | None:
    """The numbers of an account and of the group of its name."""
    try:
        return [pwd.getpwnam(name).pw_uid, grp.getgrnam(name).gr_gid]
    except KeyError:
        return None


def addresses(names: list[str]) -> dict[str, list[str]]:
    """What each name resolves to that the host knows itself: no name server is asked."""
    known = {
        word for line in text_of(Path("/etc/hosts")).splitlines() for word in line.split("#")[0].split()[1:]
    }
    found = {}
    for name in names:
        try:
            told = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM) if name in known else []
        except OSError as error:
            found[name] = [str(error)]
            continue
        found[name] = [str(one[4][0]) for one in told]
    return found


def value(name: str) -> str | None:
    """A kernel setting; None if this kernel has none of that name."""
    try:
        return " ".join(text_of(Path("/proc/sys", *name.split("."))).split())
    except OSError:
        return None


def interfaces() -> dict[str, dict[str, str]]:
    """The name, the MTU and the queue discipline of each interface, by each of its addresses."""
    lines = ran("ip", "-o", "link", "show")
    queues = {found[1]: found[2] for line in lines if (found := QUEUE.match(line))}
    told = {}
    for line in ran("ip", "-o", "-4", "address", "show"):
        if found := ADDRESS.match(line):
            name, address = found.groups()
            mtu = text_of(Path(f"/sys/class/net/{name}/mtu")).strip()
            told[address] = {"name": name, "MTU": mtu, "queue": queues.get(name, "unknown")}
    return told


def ran(*argv: str) -> list[str]:
    """The lines that a program prints. Raises CalledProcessError."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    return [line.strip() for line in done.stdout.splitlines()]


def versions(names: list[str]) -> dict[str, str | None]:
    """The versions of Debian packages, as the host's own record has them; None for one that is not there."""
    lines = text_of(Path(PACKAGES)).splitlines() if Path(PACKAGES).exists() else []
    recorded = dict(line.partition(" ")[::2] for line in lines)
    return {name: recorded.get(name) for name in names}


def answer(asked: Json) -> Json:
    """All that is asked."""
    return {
        "units": {unit["Id"][0]: told(unit) for unit in units(asked["units"])},
        "files": {path: digest(path, without) for path, without in asked["files"].items()},
        "users": {name: account(name) for name in asked["users"]},
        "names": addresses(asked["names"]),
        "kernel": {name: value(name) for name in asked["kernel"]},
        "interfaces": interfaces(),
        "routes": sorted(ran("ip", "-4", "route", "show")),
        "packages": versions(asked["packages"]),
    }


if __name__ == "__main__":
    json.dump(answer(json.loads(sys.argv[1])), sys.stdout)
