"""A plan is shown before it is done: a person agrees to it, or it is only shown."""

from pipeline.cli.call import Call, ask
from pipeline.cli.plan import code_of, document, lines
from pipeline.cli.render import print_lines
from pipeline.cli.result import print_result
from pipeline.engine.preview import Preview


def agreed(call: Call, found: Preview, command: str, question: str, *, yes: bool) -> bool:
    """Show the plan and ask, unless `yes` says it already; False where nobody can be asked.

    `command` is what would be typed to see it again. Raises UsageProblem on a no.
    """
    if not (yes or call.can_ask):
        return False
    print_lines(lines(found, steps=True), err=True)
    if not yes and found.would_go:
        ask(question, command)
    return True


def only_shown(call: Call, found: Preview, command: str) -> int:
    """Print the plan, and the command that does it; return the exit code."""
    code = code_of(found)
    last = [f"to do it: {call.addressed(command)} --yes"] if found.would_go else []
    print_result(call, document(found, code), [*lines(found, steps=True), *last])
    return int(code)
