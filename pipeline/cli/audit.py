"""`promote audit`: who brought what into a stage, and on which evidence."""

from collections.abc import Iterator

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import approval_data, attempt_data, beside, moment, outcome_of
from pipeline.cli.result import print_result
from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.engine.known import require_known


@click.command("audit")
@click.option("--stage", metavar="NAME", help="The stage; without it, the last one of the line.")
@common
def verb(call: Call, stage: str | None) -> int:
    """List what was brought into a stage, oldest first: by whom, when, who approved, on which evidence.

    A name that nobody vouches for is unverified: whoever ran the command could set it.
    """
    with call.workshop() as shop:
        history, site = shop.history(), shop.site
    asked = stage or _last_stage(history)
    require_known(history, asked)
    found = [item for item in history.attempts.values() if item.stage == asked and item.kind is not Kind.GATE]
    entries = [
        {
            **attempt_data(history, attempt, site),
            "pin": plain(history.releases[attempt.release].pin),
            "approvals": [approval_data(item) for item in attempt.approvals],
            "evidence": [attempt_data(history, history.attempts[name], site) for name in attempt.proofs],
        }
        for attempt in found
    ]
    lines = [line for attempt in found for line in _lines(history, attempt)]
    return print_result(call, {"stage": asked, "entries": entries}, lines or [f"nothing entered {asked}"])


def _last_stage(history: History) -> str:
    if history.line is None:
        raise UsageProblem("this site has no line yet, so it has no last stage", next="promote --stage dev")
    return history.line.names()[-1]


def _lines(history: History, attempt: Attempt) -> Iterator[str]:
    release = history.releases[attempt.release]
    yield (
        f"{moment(attempt.started_at)} {attempt.id}: {attempt.kind.value} of {release}, "
        f"{outcome_of(attempt)}, by {attempt.by}"
    )
    yield f"  code {release.pin.commit}, config {release.pin.config_revision} ({release.pin.config_source})"
    if attempt.bootstrap is not None:
        yield f"  asked for a {attempt.bootstrap}"
    for item in attempt.approvals:
        why = f": {item.reason}" if item.reason else ""
        yield f"  approved by {item.by}, {moment(item.at)}, plan {item.plan[:12]}{why}"
    for name in attempt.proofs:
        proof = history.attempts[name]
        yield f"  verified in {proof.stage} by {name}, {moment(proof.ended_at)}: {_gates(proof)}"
    if attempt.evidence:
        yield f"  here: {_gates(attempt)}"


def _gates(attempt: Attempt) -> str:
    return ", ".join(
        f"{gate} {evidence.summary} ({evidence.passed} of {evidence.wanted}){beside(attempt, gate)}"
        for gate, evidence in attempt.evidence.items()
    )
