"""Reports an error: as text on stderr, and with JSON output as the one document on stdout."""

import io
import traceback

import click

from pipeline.cli.exit_codes import ExitCode, code_of_error
from pipeline.cli.output import losable
from pipeline.cli.render import moment, print_json, print_lines
from pipeline.core.codec import plain
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import ConfigProblems, Deferred, StagegateError


def tell(error: Exception, *, as_json: bool) -> int:
    """Report an error; return the exit code."""
    code = int(ExitCode.USAGE if isinstance(error, click.ClickException) else code_of_error(error))
    if as_json:
        with losable("the document"):
            facts = {key: _shown(fact) for key, fact in _facts(error).items()}
            print_json({"error": facts, "exit_code": code})
    with losable("the error"):
        if isinstance(error, StagegateError):
            until = moment(error.until) if isinstance(error, Deferred) else None
            lines = (*error.lines(), *([f"until: {until}"] if until else []))
            print_lines([without_credentials(line) for line in lines], err=True)
        elif isinstance(error, click.ClickException):
            usage = io.StringIO()
            error.show(usage)  # it may repeat an argument
            click.echo(without_credentials(usage.getvalue()), err=True, nl=False)
        else:
            click.echo(without_credentials("".join(traceback.format_exception(error))), err=True, nl=False)
    return code


def _shown(fact: object) -> object:
    return without_credentials(fact) if isinstance(fact, str) else fact


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
    if isinstance(error, Deferred) and error.until is not None:
        facts["until"] = moment(error.until)
    if isinstance(error, ConfigProblems):
        facts["problems"] = plain(error.problems)
    return facts
