"""`promote ledger`: the record of this site."""

import shlex

import click

from pipeline.cli.call import Call, common
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.ledger_moves import export, import_, migrate
from pipeline.cli.render import head_data, head_lines
from pipeline.cli.result import print_result
from pipeline.core.chain import Head, parse_head
from pipeline.core.codec import plain
from pipeline.core.verification import Verified, verify
from pipeline.engine.snapshots import Compared, compare

_NAMED_AT_MOST = 20  # lines of text; the JSON document has every one


class _Earlier(click.ParamType[Head]):
    """A head that was noted before: `SEQ:DIGEST`."""

    name = "head"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """Convert to a head, or fail with a usage error."""
        try:
            return parse_head(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


@click.group("ledger")
def verb() -> None:
    """The record of this site: verify that it is as it was written, keep it, move it, migrate it."""


for moving in (export, import_, migrate):
    verb.add_command(moving)


@verb.command("verify")
@click.option("--head", type=_Earlier(), metavar="SEQ:DIGEST", help="A head that was printed before.")
@common
def verify_(call: Call, head: Head | None) -> int:
    """Name every event that was changed, moved or removed, and show the ledger's head. Changes nothing.

    Without --head, a ledger whose end was cut off, or that was rewritten as a whole, looks intact. Also
    compares the snapshot, if there is one, with what the events give. Exits with 0 if both are as they were
    written, and with 1, as every command that reads a damaged ledger, if not.
    """
    with call.office() as office:
        found = verify(office.ledger.rows(), head)
        snapshot, site = None if found.damaged else compare(office), office.site
    differs = snapshot is not None and bool(snapshot.differences)
    code = ExitCode.UNEXPECTED if found.damaged or differs else ExitCode.DONE
    document = {
        "intact": not found.damaged,
        "events": found.events,
        "chained": found.chained,
        "damaged": plain(found.damaged),
        "snapshot": plain(snapshot),
        "ledger": head_data(found.head),
        "exit_code": int(code),
    }
    print_result(call, document, [*_lines(found, head), *_snapshot_lines(snapshot), *head_lines(found.head)])
    if found.damaged:
        click.echo("next: docs/operate.md, 'Is the ledger intact?'", err=True)
    if differs:
        click.echo(f"next: rm -r {shlex.quote(str(site / 'snapshots'))}", err=True)
    return int(code)


def _lines(found: Verified, earlier: Head | None) -> list[str]:
    lines = [damaged.seen for damaged in found.damaged[:_NAMED_AT_MOST]]
    if len(found.damaged) > _NAMED_AT_MOST:
        lines.append(f"and {len(found.damaged) - _NAMED_AT_MOST} more; -o json has every one")
    if not found.damaged:
        continues = f", and continue event {earlier.seq} of the head given" if earlier else ""
        lines.append(f"the ledger is intact: {found.events} events{continues}")
    if found.events and not found.chained:
        lines.append("its events have no digests yet; the next write adds them")
    return lines


def _snapshot_lines(snapshot: Compared | None) -> list[str]:
    if snapshot is None:
        return []
    which, found = f"the snapshot at event {snapshot.seq}", snapshot.differences
    if not found:
        return [f"{which} is what the events give"]
    lines = [f"{which} is not what the events give: {one} differs" for one in found[:_NAMED_AT_MOST]]
    if len(found) > _NAMED_AT_MOST:
        lines.append(f"and {len(found) - _NAMED_AT_MOST} more; -o json has every one")
    return lines
