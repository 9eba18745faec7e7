"""Runs one command line: parses it, calls the verb, turns errors into messages and exit codes."""

import sys
from collections.abc import Sequence

import click

from pipeline.cli.call import Call, Wiring
from pipeline.cli.output import let_go
from pipeline.cli.output_format import wants_json
from pipeline.cli.promote import promote_group


def run(argv: Sequence[str], wiring: Wiring | None = None) -> int:
    """Run `promote` with these arguments; return its exit code. `wiring` replaces the adapters in tests."""
    code = _run(argv, wiring)
    let_go()
    return code


def _run(argv: Sequence[str], wiring: Wiring | None) -> int:
    try:
        code = promote_group.main(
            args=list(argv), prog_name="promote", standalone_mode=False, obj=Call(wiring)
        )
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return 130
    except BrokenPipeError:  # the reader of the output closed the pipe
        return 1
    except Exception as error:  # noqa: BLE001 - the last place where an error can be reported
        from pipeline.cli.errors import tell  # noqa: PLC0415 - keeps --help fast

        return tell(error, as_json=wants_json(promote_group, argv))
