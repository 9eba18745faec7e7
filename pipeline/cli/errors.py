"""Reports an error: as text on stderr, and with JSON output as the one document on stdout."""

import sys
import traceback

import click

from pipeline.cli.exit_codes import ExitCode, code_of_error
from pipeline.cli.output import losable
from pipeline.cli.render import print_json, print_lines
from pipeline.core.codec import plain
from pipeline.core.errors import ConfigProblems, StagegateError


def tell(error: Exception, *, as_json: bool) -> int:
    """Report an error; return the exit code."""
    code = int(ExitCode.USAGE if isinstance(error, click.ClickException) else code_of_error(error))
    if as_json:
        with losable("the document"):
            print_json({"error": _facts(error), "exit_code": code})
    with losable("the error"):
        if isinstance(error, StagegateError):
            print_lines(error.lines(), err=True)
        elif isinstance(error, click.ClickException):
            error.show(sys.stderr)
        else:
            traceback.print_exception(error, file=sys.stderr)
    return code


def _facts(error: Exception) -> dict[str, object]:
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        command = context.command_path if context else "promote"
        return {"what": error.format_message(), "where": command, "why": "", "next": f"{command} --help"}
    if not isinstance(error, StagegateError):
        return {"what": f"{type(error).__name__}: {error}", "where": "", "why": "", "next": ""}
    facts: dict[str, object] = {
        "what": error.what,
        "where": error.where,
        "why": error.why,
        "next": error.next,
    }
    if isinstance(error, ConfigProblems):
        facts["problems"] = plain(error.problems)
    return facts
