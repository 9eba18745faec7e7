"""Whether units run as their files say: systemd has read these, and their processes were started since.

A file that is right proves nothing of a process that was started before it was written; nor does the file of
a unit, of which systemd may have others.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from suites.readings import clocks
from suites.readings.effective.asking import Effective, SeenFile, Unit
from suites.readings.effective.finding import Finding, on
from suites.seam.declared import DeclaredUnit
from suites.seam.target import TargetHost

# Who changes units by hand does it here; what a package brings is below /lib.
BY_HAND = ("/etc/", "/run/")
PLACE = "/etc/systemd/system"
# What a machine's boot makes for all units of a kind, as it does in a container of LXC.
OF_BOOT = re.compile(r"/run/systemd/system/[a-z]+\.d/")
# How programs of OpenStack name themselves, with the command that they were started by.
TITLE = re.compile(r".*: master process \[(.*)\]")


def judge(
    host: TargetHost, effective: Effective, units: Collection[str], settled_at: float, *, spared: bool
) -> Iterator[Finding]:
    """Yield what is wrong with these units of a host; times are in seconds since the epoch.

    A host's clock may be ahead of the one that recorded when the deployment had settled.
    With `spared`, one that does not run is no finding: others do its work.
    """
    for name in units:
        unit = effective.units.get(name)
        look = on(host.name, f"systemctl status {name}")
        if unit is None:
            yield Finding(f"{name} is not known to systemd", look)
            continue
        yield from _loaded(host, name, unit)
        if unit.state in {"active", "reloading"}:
            yield from _read_before(host, name, unit, effective, settled_at)
            yield from _process(host, name, unit)
        elif not (unit.brief or spared):
            yield Finding(f"{name} is {unit.state}: nothing of it is in effect", look)


def _loaded(host: TargetHost, name: str, unit: Unit) -> Iterator[Finding]:
    if unit.stale:
        said = f"systemd has {name} in memory as its files were before they were changed"
        yield Finding(said, on(host.name, f"systemctl daemon-reload && systemctl restart {name}"))
    if unit.reload_failed:
        yield Finding(f"the last reload of {name} failed", on(host.name, f"systemctl reload {name}"))
    if host.declared is None:
        return
    own = [path for path in host.declared.files if path.startswith(f"{PLACE}/{name}.d/")]
    look = on(host.name, f"systemctl cat {name}")
    for path in unit.drop_ins:
        if path not in own and path.startswith(BY_HAND) and not OF_BOOT.match(path):
            yield Finding(f"{path} changes {name}, and no manifest has it", look)
    yield from (
        Finding(f"{name} does without {path}, which its manifest has", look)
        for path in own
        if path not in unit.drop_ins
    )
    declared = f"{PLACE}/{name}" if f"{PLACE}/{name}" in host.declared.files else ""
    if unit.fragment != declared if declared else unit.fragment.startswith(BY_HAND):
        wanted = declared or "that of its package"
        yield Finding(f"{name} is made from {unit.fragment}, declared is {wanted}", look)


def _read_before(
    host: TargetHost, name: str, unit: Unit, effective: Effective, settled_at: float
) -> Iterator[Finding]:
    """Yield the files that were changed after the unit was started, or reloaded, with them.

    Without its manifest nobody knows which changes are due to the next start alone.
    """
    if host.declared is None:
        return
    declared, settled = host.declared, settled_at + clocks.WITHIN
    reads = declared.units.get(name, DeclaredUnit())
    # A manifest's change of one that it does not name is a change for the next start alone.
    of_systemd = [path for path in unit.files if path not in declared.files or path in reads.starts_with]
    times = {path: unit.files[path] for path in of_systemd}
    times |= {path: _changed(effective.files.get(path)) for path in (*reads.starts_with, *reads.reloads)}
    for path, changed in times.items():
        reloads = path in reads.reloads
        since = max(unit.started or 0.0, unit.changed or 0.0) if reloads else unit.started
        listed = path in declared.files and declared.files[path].lists_hosts and not reloads
        if changed is None or since is None or changed <= since or (listed and changed <= settled):
            continue
        verb, done = ("reload", "reloaded") if reloads else ("restart", "started")
        said = f"{path} was changed {changed - since:.1f} s after {name} was {done} last, which runs without"
        yield Finding(said, on(host.name, f"systemctl {verb} {name}"))


def _changed(file: SeenFile | None) -> float | None:
    return None if file is None else file.changed


def _process(host: TargetHost, name: str, unit: Unit) -> Iterator[Finding]:
    process = unit.process
    if process is None:
        return
    again = on(host.name, f"systemctl restart {name}")
    if not process.of_this_start:
        yield Finding(f"the process of {name} is of another start than systemd knows", again)
    other = [one for one, path in process.other_environment.items() if not _may_change(host, path)]
    if other:
        names = ", ".join(other)
        yield Finding(f"{name} runs with other values of {names} than its unit sets", again)
    runs = _command(unit.start, process.words, titled=process.title)
    if runs is not None and runs != unit.start:
        yield Finding(f"{name} runs as `{runs}`, its unit says `{unit.start}`", again)


def _may_change(host: TargetHost, path: str) -> bool:
    """Whether a file that sets variables may have changed since: one of the manifest is judged by itself."""
    return bool(path) and (host.declared is None or path in host.declared.files)


def _command(start: str, words: str, *, titled: bool) -> str | None:
    """Return what a process was started by, in the form of its unit; None if it does not tell that.

    A program may be run by an interpreter, may have replaced the shell that started it, or have a title.
    """
    named = TITLE.fullmatch(words)
    said = (named[1] if named else words).split()
    program = start.partition(" ")[0]
    if program not in said or (titled and named is None):
        return None
    return " ".join(said[said.index(program) :])


def compared(effective: Effective, units: Iterable[str]) -> str:
    """Return what was compared, for people."""
    seen = [name for name in units if name in effective.units]
    return f"units as their files say: {len(seen)}" if seen else ""
