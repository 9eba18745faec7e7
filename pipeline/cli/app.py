"""Runs one command line: parses it, calls the verb, turns errors into messages and exit codes."""

import sys
from collections.abc import Sequence
from itertools import pairwise, takewhile

import click

from pipeline.cli.call import Call, Wiring
from pipeline.cli.output import let_go
from pipeline.cli.promote import promote_group


def run(argv: Sequence[str], wiring: Wiring | None = None) -> int:
    """Run `promote` with these arguments; return its exit code. `wiring` replaces the adapters in tests."""
    code = _run(argv, wiring)
    let_go()
    return code


def _run(argv: Sequence[str], wiring: Wiring | None) -> int:
    as_json = _wants_json(argv)
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

        return tell(error, as_json=as_json)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON; those after `--` belong to the command that `lab exec` runs."""
    own = list(takewhile(lambda word: word != "--", argv))
    forms = [*own, *(" ".join(pair) for pair in pairwise(own))]
    return any(form in forms for form in ("-o json", "-ojson", "--output json", "--output=json"))
