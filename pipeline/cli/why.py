"""`promote why`: what holds each release back from a stage, until when, and what would free it."""

from collections.abc import Mapping, Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import moment, table
from pipeline.cli.result import print_result
from pipeline.core.policy.decision import Defer, Deny, Finding
from pipeline.core.policy.entry import findings
from pipeline.core.policy.question import Question
from pipeline.core.release import Release, find_release
from pipeline.engine.known import require_known


@click.command("why")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--release", metavar="R", help="Only this release.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="The newest releases."
)
@common
def verb(call: Call, stage: str, release: str | None, limit: int) -> int:
    """Show for each release whether it may enter a stage, and if not, everything that holds it back."""
    with call.office() as office:
        history, now, actor = office.history(), office.clock.now(), office.actor
    require_known(history, stage)
    if release:
        asked: Sequence[Release] = (find_release(history.releases.values(), release),)
    else:
        asked = [history.releases[name] for name in reversed(tuple(history.releases)[-limit:])]
    found = {item.id: findings(Question(history, item, stage, now, actor)) for item in asked}
    return print_result(call, why_data(stage, asked, found), _lines(asked, found))


def why_data(
    stage: str, asked: Sequence[Release], found: Mapping[str, Sequence[Finding]]
) -> dict[str, object]:
    """The document: what was found about each release, by its id."""
    return {
        "stage": stage,
        "releases": [
            {"release": item.id, "alias": item.alias, "findings": [_data(one) for one in found[item.id]]}
            for item in asked
        ],
    }


def _data(finding: Finding) -> dict[str, object]:
    until = moment(finding.until) if isinstance(finding, Defer) else None
    command = finding.next if isinstance(finding, Deny) else None
    return {"reasons": list(finding.reasons), "until": until, "next": command}


def _lines(asked: Sequence[Release], found: Mapping[str, Sequence[Finding]]) -> list[str]:
    rows = []
    for item in asked:
        if not found[item.id]:
            rows.append((item.alias, "may enter", "-", "-"))
        for finding in found[item.id]:
            until = moment(finding.until) if isinstance(finding, Defer) else None
            command = finding.next if isinstance(finding, Deny) else "wait"
            rows.extend((item.alias, reason, until or "-", command) for reason in finding.reasons)
    return table(("RELEASE", "WHY", "UNTIL", "WHAT WOULD FREE IT"), rows)
