"""`promote ledger export`, `import` and `migrate`: a ledger is kept, moved, and brought up to date."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import head_data, head_lines
from pipeline.cli.result import print_result
from pipeline.core.errors import UsageProblem
from pipeline.engine.exports import exported, take_over

_STDOUT = Path("-")


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@common
def export(call: Call, file: Path) -> int:
    """Write all events into a new FILE, or to stdout (-), as lines of JSON.

    The events keep their numbers and digests. Nobody who appends waits meanwhile, and what is appended
    meanwhile is not in it.
    """
    if file == _STDOUT and call.json:
        raise click.UsageError("-o json prints a document on stdout; export into a file")
    with call.office() as office:
        head, lines = exported(office.ledger)
        if file == _STDOUT:
            for line in lines:
                click.echo(line)
            click.echo("\n".join(_said("exported", head.seq, file, head_lines(head))), err=True)
            return 0
        _write(file, lines)
    document = {"file": str(file), "events": head.seq, "ledger": head_data(head), "exit_code": 0}
    return print_result(call, document, _said("exported", head.seq, file, head_lines(head)))


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@common
def import_(call: Call, file: Path) -> int:
    """Fill an empty ledger with the events of an export, once all of them were verified.

    They keep their numbers and digests, and the tokens of leases go on. Nobody holds a stage afterwards: run
    nothing on the other ledger any more.
    """
    try:
        text = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageProblem("the export cannot be read", where=str(file), why=str(problem)) from problem
    with call.office() as office:
        head = take_over(office.ledger, text, str(file))
    document = {"file": str(file), "events": head.seq, "ledger": head_data(head), "exit_code": 0}
    return print_result(call, document, _said("imported", head.seq, file, head_lines(head)))


@click.command("migrate")
@common
def migrate(call: Call) -> int:
    """Bring the tables of the ledger to the schema of this version. Older versions refuse it afterwards.

    A shared ledger needs this once when it is new, and when a new version says so. The next write does it to
    the ledger of a site.
    """
    with call.office() as office:
        done = office.ledger.migrate()
    document = {"ledger": done.ledger, "before": done.before, "after": done.after, "exit_code": 0}
    changed = f"it had {done.before}" if done.before != done.after else "nothing was to be done"
    return print_result(call, document, [f"{done.ledger} has schema {done.after}; {changed}"])


def _said(done: str, events: int, file: Path, heads: Iterable[str]) -> list[str]:
    place = {"exported": "to", "imported": "from"}[done]
    return [f"{events} events {done} {place} {'stdout' if file == _STDOUT else file}", *heads]


def _write(file: Path, lines: Iterable[str]) -> None:
    """Write a new file, on the disk when this returns. Only its owner may read who did what."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise _unwritable(file, problem) from problem
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as into:
            into.writelines(f"{line}\n" for line in lines)
            into.flush()
            os.fsync(into.fileno())
    except BaseException as problem:
        with suppress(OSError):
            file.unlink()
        if isinstance(problem, OSError):
            raise _unwritable(file, problem) from problem
        raise


def _unwritable(file: Path, problem: OSError) -> UsageProblem:
    return UsageProblem(
        "the export cannot be written",
        where=str(file),
        why=problem.strerror or str(problem),
        next="promote ledger export FILE",
    )
