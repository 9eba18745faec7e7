"""`promote doctor`: checks this machine."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import print_json, print_table
from pipeline.core.codec import plain


@click.command("doctor")
@common
def verb(call: Call) -> int:
    """Check whether this machine has what it needs: root, cgroups, memory, disk, inotify, CA."""
    with call.workshop() as shop:
        findings = shop.tools.doctor()
    fit = all(finding.ok for finding in findings)
    if call.json:
        print_json({"fit": fit, "findings": plain(findings)})
    else:
        rows = [(f.check, "ok" if f.ok else "NO", f.seen, f.wanted, "" if f.ok else f.next) for f in findings]
        print_table(("CHECK", "FIT", "SEEN", "WANTED", "NEXT"), rows)
    return int(ExitCode.DONE if fit else ExitCode.USAGE)
