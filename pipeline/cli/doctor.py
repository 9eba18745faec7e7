"""`promote doctor`: checks this machine."""

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain


@click.command("doctor")
@with_config
@common
def verb(call: Call) -> int:
    """Check whether this machine has what it needs: root, cgroups, memory, disk, inotify, CA."""
    with call.workshop() as shop:
        findings = shop.tools.doctor()
    fit = all(finding.ok for finding in findings)
    rows = [(f.check, "ok" if f.ok else "NO", f.seen, f.wanted, "" if f.ok else f.next) for f in findings]
    lines = table(("CHECK", "FIT", "SEEN", "WANTED", "NEXT"), rows)
    print_result(call, {"fit": fit, "findings": plain(findings)}, lines)
    return int(ExitCode.DONE if fit else ExitCode.USAGE)
