"""A plan is shown before it is done: a person agrees to it, or it is only shown."""

from pipeline.cli.call import Call, ask
from pipeline.cli.earlier_legs import Expected
from pipeline.cli.legs_shown import NOTHING_KNOWN
from pipeline.cli.plan import code_of, document, lines
from pipeline.cli.render import print_lines
from pipeline.cli.result import print_result
from pipeline.engine.preview import Preview


def agreed(  # noqa: PLR0913 - what is shown, and what is asked
    call: Call, found: Preview, command: str, question: str, known: Expected = NOTHING_KNOWN, *, yes: bool
) -> bool:
    """Show the plan, with what is known of its legs, and ask, unless `yes` says it already.

    False where nobody can be asked. `command` is what would be typed to see it again. Raises UsageProblem on
    a no.
    """
    if not (yes or call.can_ask):
        return False
    print_lines(lines(found, known, steps=True), err=True)
    if not yes and found.would_go:
        ask(question, command)
    return True


def only_shown(call: Call, found: Preview, command: str, known: Expected = NOTHING_KNOWN) -> int:
    """Print the plan, with what is known of its legs, and the command that does it; return the exit code."""
    code = code_of(found)
    last = [f"to do it: {call.addressed(command)} --yes"] if found.would_go else []
    print_result(call, document(found, code, known), [*lines(found, known, steps=True), *last])
    return int(code)
