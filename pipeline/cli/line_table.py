"""The line as one table: a row for each gate, and what the stage asks beside its first."""

from collections.abc import Iterator

from pipeline.cli.render import table
from pipeline.core.approval import ApprovalRule
from pipeline.core.line import Line, LineGate, LineStage

_OF_A_GATE = ("GATE", "CHECKS", "REUSE")
_OF_A_STAGE = ("SOAK", "FREEZES", "APPROVALS", "MAY OVERRIDE", "LAB", "PROTECTED")
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def line_lines(line: Line) -> list[str]:
    """The line as text. Of a freeze only its reason is shown; `--yaml` has the calendar."""
    rows = [row for stage in line.stages for row in _rows(stage)]
    identity = [f"identity: {line.identity}"] if line.identity else []
    return [*table(("STAGE", "AFTER", *_OF_A_GATE, *_OF_A_STAGE), rows), *identity]


def _rows(stage: LineStage) -> Iterator[tuple[str, ...]]:
    place = (stage.name, (stage.before if stage.after_any else ", ".join(stage.after)) or "-")
    asked = _asked(stage)
    for gate in stage.gates:
        yield (*place, *_gate(gate), *asked)
        place, asked = ("", ""), ("",) * len(_OF_A_STAGE)


def _gate(gate: LineGate) -> tuple[str, ...]:
    return (gate.name, str(len(gate.least)), exactly(gate.reuse_s) if gate.reuse_s else "never")


def _asked(stage: LineStage) -> tuple[str, ...]:
    verified = " (verified)" if stage.overriders and stage.overriders_verified else ""
    return (
        exactly(stage.soak_s) if stage.soak_s else "-",
        ", ".join(freeze.why for freeze in stage.freezes) or "-",
        _approvals(stage.approvals),
        (", ".join(stage.overriders) or "-") + verified,
        "yes" if stage.lab else "no",
        "yes" if stage.protected else "no",
    )


def _approvals(rule: ApprovalRule) -> str:
    if not rule.count:
        return "-"
    verified = " verified" if rule.verified else ""
    by = f" by {' or '.join(rule.by)}" if rule.by else ""
    return f"{rule.count}{verified}{by} within {exactly(rule.within_s)}"


def exactly(seconds: int) -> str:
    """A duration in the largest unit that leaves no rest, as the line's file takes it: `7d`, `90s`."""
    return next((f"{seconds // size}{unit}" for size, unit in _UNITS if seconds % size == 0), f"{seconds}s")
