"""`promote audit`: who brought what into a stage, and on which evidence."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import approval_data, attempt_data, beside, given_line, moment, outcome_of
from pipeline.cli.result import print_result
from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.release import find_release
from pipeline.engine.known import require_known


@click.command("audit")
@click.option("--stage", metavar="NAME", help="The stage; without it, the last one of the line.")
@click.option("--release", metavar="R", help="Only this release.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the latest.")
@common
def verb(call: Call, stage: str | None, release: str | None, limit: int | None) -> int:
    """List what was brought into a stage, oldest first: by whom, when, who approved, on which evidence.

    A name that nobody vouches for is unverified: whoever ran the command could set it.
    """
    with call.office() as office:
        history, site = office.history(), office.site
    asked = stage or _last_stage(history)
    require_known(history, asked)
    wanted = find_release(history.releases.values(), release).id if release else None
    names = tuple(islice(_latest(history, asked, wanted), limit))[::-1]
    found = (history.attempts[name] for name in names)  # one after the other: together they may be large
    if call.json:
        document = {"stage": asked, "entries": [_entry(history, attempt, site) for attempt in found]}
        return print_result(call, document, ())
    lines = (line for attempt in found for line in _lines(history, attempt))
    return print_result(call, {}, lines if names else [f"nothing entered {asked}"])


def _latest(history: History, stage: str, release: str | None) -> Iterator[str]:
    """The names of what was brought into the stage, or only of this release, the latest first."""
    for name in reversed(tuple(history.attempts)):
        attempt = history.attempts[name]
        if attempt.kind is not Kind.GATE and attempt.stage == stage and release in (None, attempt.release):
            yield name


def _entry(history: History, attempt: Attempt, site: Path) -> dict[str, object]:
    return {
        **attempt_data(history, attempt, site),
        "pin": plain(history.releases[attempt.release].pin),
        "approvals": [approval_data(item) for item in attempt.approvals],
        "given": [plain(item) for item in attempt.given],
        "evidence": [attempt_data(history, history.attempts[name], site) for name in attempt.proofs],
    }


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
    if attempt.redeploy is not None:
        yield f"  redeployed {attempt.redeploy}"
    for item in attempt.approvals:
        why = f": {item.reason}" if item.reason else ""
        yield f"  approved by {item.by}, {moment(item.at)}, plan {item.plan[:12]}{why}"
    for given in attempt.given:
        yield f"  {given_line(given)}"
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
