"""Draws a view as lines of a terminal. Pure; imported only for a terminal, since rich loads slowly."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipeline.cli.render import about_to_go, span
from pipeline.cli.view import View
from pipeline.core.attempt import Attempt
from pipeline.core.transitions import Phase
from pipeline.core.verdict import Verdict

_STYLE = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}
_AROUND = 6  # lines besides the running steps: title, bars, the count of omitted steps
_BAR = 30


def draw(view: View, now: float, height: int) -> RenderableType:
    """Draw the title, running steps and gates. `now` is in seconds since 1970, `height` in lines."""
    if view.attempt is None:
        return Text("")
    parts: list[RenderableType] = [_title(view, view.attempt, now)]
    if view.attempt.plan.steps:
        parts.append(_bar("steps", len(view.attempt.done), len(view.attempt.plan.steps), _leg(view, now)))
    if view.attempt.phase is Phase.PLANNING:
        parts.append(_plain(f"  planning  {view.said.get('last', '')}", "dim"))
    if view.running():
        parts.append(_running(view, now, max(1, height - _AROUND)))
    parts += _gates(view, view.attempt, now)
    return Group(*parts)


def _title(view: View, attempt: Attempt, now: float) -> RenderableType:
    left = view.left(now)
    row = Table.grid(expand=True)
    row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_column(no_wrap=True, justify="right")
    name = Text.assemble((f"{attempt.stage}", "bold"), f"  {attempt.kind.value} {view.release}  {attempt.id}")
    age = span(max(0.0, now - attempt.started_at))
    row.add_row(name, Text(age if left is None else f"{age}, {about_to_go(left)}", "dim"))
    return row


def _leg(view: View, now: float) -> str:
    """Which leg of several goes on, for how long and how long it took before, or is next."""
    attempt = view.attempt
    if attempt is None or not attempt.plan.has_sections:
        return ""
    leg = attempt.next_leg if attempt.phase is Phase.BETWEEN else attempt.leg
    if leg is None:
        return ""
    took, began = view.leg_took(), view.since.get("")
    known = "" if took is None or began is None else f"  {span(max(0.0, now - began))}, took {span(took)}"
    return f"  leg {attempt.legs.index(leg) + 1} of {len(attempt.legs)}: {leg.name}{known}"


def _bar(name: str, done: int, wanted: int, more: str) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(no_wrap=True, min_width=8)
    row.add_column(width=_BAR)
    row.add_column(no_wrap=True, overflow="ellipsis")
    row.add_row(name, ProgressBar(max(wanted, 1), done, width=_BAR), f"{done} of {wanted}{more}")
    return row


def _running(view: View, now: float, room: int) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=1)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column(no_wrap=True, justify="right", min_width=5)
    table.add_column(no_wrap=True, min_width=9)
    lines = view.running()
    for line in lines[:room]:
        held = Text(f"{line.holds_up} waiting" if line.holds_up else "", "yellow")
        age = span(max(0.0, now - line.since))
        table.add_row("", line.name, Text(line.said or line.title, "dim"), age, held)
    if len(lines) > room:
        table.add_row("", f"and {len(lines) - room} more", "", "", "")
    return table


def _gates(view: View, attempt: Attempt, now: float) -> list[RenderableType]:
    running = view.gate()
    row = Text("gates    ", no_wrap=True, overflow="ellipsis")
    for gate in attempt.gate_names():
        if (evidence := attempt.evidence.get(gate)) is not None:
            mark = ", overridden" if gate in attempt.overrides else ""
            row.append(f"{gate} {evidence.verdict.value}{mark}  ", _STYLE[evidence.verdict])
        else:
            row.append(f"{gate}  ", "bold" if gate == running else "dim")
    if attempt.phase is Phase.FAILING:
        row.append("collecting diagnostics", "yellow")
    if running is None:
        return [row]
    check, age = view.check, span(max(0.0, now - view.since.get(running, now)))
    if check is None or check.gate != attempt.next_gate():
        bar: RenderableType = _plain(f"{running:<8} {age}  {view.said.get('last', '')}")
    else:
        bar = _bar(running, check.done, check.wanted, f" checks  {age}")
    return [row, bar, _plain(f"  {view.said.get('last', '')}", "dim")]


def _plain(text: str, style: str = "") -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")
