"""The verb `collect`: save a stage's diagnostics for people, before any rollback."""

import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stages import roles
from stages.errors import HostRefused
from stages.requests.context import Context

EVERY_HOST = {
    "journal": ("journalctl", "--no-pager", "--output=short-precise", "--lines=5000"),
    "units": ("systemctl", "--no-pager", "list-units", "--all"),
    "failed-units": ("systemctl", "--no-pager", "--failed"),
    "sockets": ("ss", "-tanp"),
    "last-failure": ("sh", "-c", "cat /var/lib/stagegate/last-failure.txt 2>/dev/null || echo none"),
}


def collect(context: Context, into: Path) -> list[str]:
    """Write the diagnostics of each running host below `into`, of both colours if two stand.

    Returns the files' paths relative to it. Where a host does not answer, the file has the error.
    """
    into.mkdir(parents=True, exist_ok=True)
    standing = context.substrate.standing()
    status = "".join(f"{seen.host}\t{seen.state}\t{seen.image}\n" for seen in standing.all)
    (into / "hosts.txt").write_text(status)
    known = {host.name: host.role for host in context.draft.blueprint.reachable}
    names = [name for name in standing.running if name in known]
    with ThreadPoolExecutor(max_workers=8) as pool:
        written = list(pool.map(lambda name: _host(context, name, known[name], into / name), names))
    return [
        "hosts.txt",
        *(f"{name}/{file}" for name, files in zip(names, written, strict=True) for file in files),
    ]


def _host(context: Context, name: str, role: str, folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    host = context.host(name)
    wanted = {**EVERY_HOST, **roles.load(role).diagnostics}  # the config may have the role no more
    for what, argv in wanted.items():
        try:
            text = host.output(shlex.join(argv))
        except HostRefused as error:
            text = f"{error}\n"
        (folder / f"{what}.txt").write_text(text)
    return [f"{what}.txt" for what in wanted]
