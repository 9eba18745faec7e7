"""`promote doctor`: checks this machine, and the hosts of a stage."""

from collections.abc import Iterator

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.checkup import checkup
from pipeline.tool_ports import Checkup

_EPILOG = """\b
Examples:
  promote doctor                             is this machine fit for all stages together?
  promote doctor --stage staging             ... for one, and what does each of its hosts lack?
  promote doctor --stage staging -o json     the same for a program
"""


@click.command("doctor", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", help="Only this stage, and its hosts or machines.")
@with_config
@common
def verb(call: Call, stage: str | None) -> int:
    """Check whether this machine has what it needs: root, cgroups, memory, disk, inotify, CA.

    With --stage, each host that exists is asked, all at once: Python, memory, room and inodes where its data
    are, its clock, the names of other hosts, and each port of another host that it connects to. A closed
    port counts as reached: nothing listens there yet. A machine of an inventory that is not a host yet is
    asked what `promote init inventory` asks. In a store that machines share (STAGEGATE_STORE), a small object
    is written, read and removed. Changes nothing else; exits with 2 if anything is missing.
    """
    with call.workshop() as shop:
        found = checkup(shop, stage)
    document = {"fit": found.fit, "findings": plain(found.findings), "hosts": plain(found.hosts)}
    print_result(call, document, _lines(found))
    return int(ExitCode.DONE if found.fit else ExitCode.USAGE)


def _lines(found: Checkup) -> Iterator[str]:
    rows = [(f.check, _fit(ok=f.ok), f.seen, f.wanted, "" if f.ok else f.next) for f in found.findings]
    yield from table(("CHECK", "FIT", "SEEN", "WANTED", "NEXT"), rows)
    if not found.hosts:
        return
    yield ""
    hosts = [(host.host, host.role, _fit(ok=host.fit), host.seen) for host in found.hosts]
    yield from table(("HOST", "ROLE", "FIT", "SEEN"), hosts)
    for problem in (one for host in found.hosts for one in host.problems):
        yield f"{problem.where}: {problem.what}"
        yield f"  why: {problem.why}"
        yield f"  next: {problem.next}"


def _fit(*, ok: bool) -> str:
    return "ok" if ok else "NO"
