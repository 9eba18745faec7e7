"""Values as text and as JSON data. Pure, except for the functions that print, and the width of tables."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from pipeline.cli.columns import aligned
from pipeline.cli.found import Found
from pipeline.core.actions import why_not_rolled_back
from pipeline.core.approval import Approval, GivenApproval
from pipeline.core.attempt import Attempt
from pipeline.core.chain import Head
from pipeline.core.codec import plain
from pipeline.core.history import History
from pipeline.core.holds import Hold
from pipeline.core.legs import gate_name
from pipeline.core.moments import written
from pipeline.core.overrides import Override

SCHEMA_VERSION = 3
_MINUTE_S = 60
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines on stdout, or on stderr."""
    for line in lines:
        click.echo(line, err=err)


def print_json(document: Mapping[str, object]) -> None:
    """Print the one document of a call on stdout."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **document}, indent=2))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], beside: int = 0) -> list[str]:
    """Lines of aligned columns, the header first; on a terminal so wide that `beside` columns are left."""
    width = _terminal_width()
    return aligned(header, rows, None if width is None else width - beside)


def _terminal_width() -> int | None:
    """How many columns stdout has; None if it is no terminal, or one that does not say."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    import shutil  # noqa: PLC0415 - it loads every kind of compression

    return shutil.get_terminal_size((0, 0)).columns or None


def moment(at: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return None if at is None else written(at)


def counted(number: int, thing: str) -> str:
    """A number of things as text: `1 check`, `2 checks`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def span(seconds: float) -> str:
    """A duration as text: `0.4s`, `12s`, `3m05s`."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth is worth showing
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def size(bytes_: int) -> str:
    """An amount of bytes as text: `12 B`, `1.4 GB`."""
    amount, unit = float(bytes_), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{bytes_} B"


def about_to_go(seconds: float) -> str:
    """An estimate of the time to go, as text: no finer than it is known."""
    return "less than a minute to go" if seconds < _MINUTE_S else f"about {round(seconds / _MINUTE_S)}m to go"


def lasting(seconds: float) -> str:
    """A duration that may be long, as text: `45s`, `12m`, `3h12m`, `5d02h`."""
    minutes = int(seconds // _MINUTE_S)
    hours, days = minutes // 60, minutes // 60 // 24
    if days:
        return f"{days}d{hours % 24:02d}h"
    if hours:
        return f"{hours}h{minutes % 60:02d}m"
    return f"{minutes}m" if minutes else f"{int(seconds)}s"


def outcome_of(attempt: Attempt) -> str:
    """The outcome as a table cell."""
    return attempt.outcome.value if attempt.outcome else "open"


def took(attempt: Attempt) -> str:
    """How long the attempt took, as a table cell."""
    return span((attempt.ended_at or attempt.started_at) - attempt.started_at)


def beside(attempt: Attempt, gate: str) -> str:
    """What stands beside the verdict of a gate: ` (overridden by NAME: reason)`, or nothing."""
    found = attempt.overrides.get(gate)
    return f" ({found})" if found else ""


def gates_of(attempt: Attempt) -> str:
    """The gates that were judged, as a table cell: `smoke pass, api pass 271/271 (203 from p12)`."""
    return ", ".join(_gate_of(attempt, gate) for gate in attempt.evidence) or "-"


def _gate_of(attempt: Attempt, gate: str) -> str:
    found = attempt.evidence[gate]
    counted = f" {found.passed}/{found.wanted}" if found.reused else ""
    return f"{gate} {found.verdict.value}{counted}{found.aside}{beside(attempt, gate)}"


def retries(attempt: Attempt) -> tuple[str, ...]:
    """One line per retry."""
    return tuple(f"{attempt.id} retried {retry}" for retry in attempt.retries)


def head_data(head: Head | None) -> dict[str, object] | None:
    """The ledger's head as JSON data; None when it is not known."""
    return None if head is None else {"head": head.seq, "digest": head.digest}


def hold_data(hold: Hold) -> dict[str, object]:
    """A hold as JSON data."""
    return {**plain(hold), "at": moment(hold.at), "until": moment(hold.until)}


def approval_data(approval: Approval) -> dict[str, object]:
    """An approval as JSON data."""
    return {**plain(approval), "at": moment(approval.at)}


def given_line(given: GivenApproval) -> str:
    """An approval, or a rejection, on a forge, as a line of text. It is evidence, and let nothing in."""
    comment = f": {given.comment}" if given.comment else ""
    return f"{'approved' if given.approved else 'rejected'} on the forge by {given.person}{comment}"


def override_data(override: Override | None) -> dict[str, object] | None:
    """An override as JSON data; None if there is none."""
    if override is None:
        return None
    return {**plain(override), "at": moment(override.at), "until": moment(override.until)}


def not_rolled_back(attempt: Attempt) -> list[str]:
    """Why a failed attempt was not rolled back, as text; no line if nothing stood in the way."""
    why = why_not_rolled_back(attempt)
    return [] if why is None else [f"{attempt.id} is not rolled back: {why}"]


def head_lines(head: Head | None) -> list[str]:
    """The ledger's head as text; no line when it is not known."""
    return [] if head is None else [f"ledger head: {head}"]


def attempt_data(history: History, attempt: Attempt, site: Path) -> dict[str, object]:
    """One attempt as JSON data."""
    release = history.releases[attempt.release]
    return {
        "id": attempt.id,
        "run": attempt.run,
        "kind": attempt.kind.value,
        "stage": attempt.stage,
        "release": release.id,
        "alias": release.alias,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "interrupted": attempt.outcome is None and attempt.interrupted,
        "started_at": moment(attempt.started_at),
        "ended_at": moment(attempt.ended_at),
        "rolls_back": attempt.rolls_back,
        "by": plain(attempt.by),
        "proofs": list(attempt.proofs),
        "required_gates": list(attempt.gates),
        "choice": plain(attempt.choice),
        "anew": attempt.anew,
        "redeploy": attempt.redeploy,
        "gates": _judged(attempt, site),
        "legs": plain(attempt.plan.legs),
        "legs_begun": attempt.legs_started,
        "irreversible": attempt.irreversible,
        "steps": len(attempt.plan.steps),
        "steps_done": len(attempt.done),
        "refusals": list(attempt.plan.refusals),
        "plan_trouble": plain(attempt.plan_trouble),
        "retries": plain(attempt.retries),
        "failures": plain(attempt.failures),
    }


def _evidence(attempt: Attempt, gate: str, site: Path) -> dict[str, object]:
    """What a gate proved, and the causes of what it found instead of all that they are told by."""
    told = plain(attempt.evidence[gate])
    del told["reliance"]
    return {**told, "causes": Found(attempt.id, attempt.stage, gate, attempt.evidence[gate]).data(site)}


def _judged(attempt: Attempt, site: Path) -> list[dict[str, object]]:
    """Its gates that were judged so far, as JSON data."""
    told = [(attempt.plan.told(leg), gate) for leg in attempt.legs for gate in leg.gates]
    return [
        {
            "gate": gate,
            "leg": leg or None,
            **_evidence(attempt, name, site),
            "evidence": str(site / attempt.directories.get(name, "")),
            "override": override_data(attempt.overrides.get(name)),
        }
        for leg, gate in told
        if (name := gate_name(leg, gate)) in attempt.evidence
    ]
