"""`promote why`: what holds each release back from a stage, until when, and what would free it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import given_line, moment, table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.history import History
from pipeline.core.policy.decision import Defer, Deny, Finding
from pipeline.core.policy.entry import findings
from pipeline.core.policy.question import Question
from pipeline.core.release import Release, find_release
from pipeline.engine.known import require_known
from pipeline.workshop import Office

if TYPE_CHECKING:
    from pipeline.core.approval import GivenApproval
    from pipeline.engine.hearing import Given


@click.command("why")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--release", metavar="R", help="Only this release.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="The newest releases."
)
@common
def verb(call: Call, stage: str, release: str | None, limit: int) -> int:
    """Show for each release whether it may enter a stage, and if not, everything that holds it back.

    GitLab is asked for its freeze periods, and who approved the named release there, if the line takes that.
    """
    with call.office() as office:
        history, now, actor = office.history(), office.clock.now(), office.actor
        require_known(history, stage)
        if release:
            asked: Sequence[Release] = (find_release(history.releases.values(), release),)
        else:
            asked = [history.releases[name] for name in reversed(tuple(history.releases)[-limit:])]
        history, silent, given = _heard(office, history, stage, asked[0] if release else None)

    def question(item: Release) -> Question:
        return Question(history, item, stage, now, actor, silent=silent)

    found = {item.id: findings(question(item)) for item in asked}
    document = why_data(stage, asked, found, given.approvals if given else ())
    return print_result(call, document, [*_lines(asked, found), *_given_lines(given)])


def why_data(
    stage: str,
    asked: Sequence[Release],
    found: Mapping[str, Sequence[Finding]],
    given: Sequence["GivenApproval"] = (),
) -> dict[str, object]:
    """The document: what was found about each release, by its id; `given` are approvals on the forge."""
    return {
        "stage": stage,
        "releases": [
            {
                "release": item.id,
                "alias": item.alias,
                "findings": [_data(one) for one in found[item.id]],
                "given": [plain(one) for one in given],
            }
            for item in asked
        ],
    }


def _heard(
    office: Office, history: History, stage: str, release: Release | None
) -> tuple[History, str, "Given | None"]:
    """The history with the freezes of the forge as they are now, and why it did not say them.

    And who approved the release there, if one is named; None if the line takes nothing from a forge.
    """
    rules = history.line.stage(stage) if history.line else None
    if rules is None or not (rules.forge.freezes or rules.forge.approvals):
        return history, "", None
    # Slow to load, and few lines ask for it.
    from pipeline.engine.hearing import hear_approvals, with_calendar  # noqa: PLC0415

    given = hear_approvals(office, rules, release) if release is not None else None
    return *with_calendar(office, history, stage), given


def _given_lines(given: "Given | None") -> Sequence[str]:
    if given is None:
        return ()
    if given.silent:
        return (f"approvals on the forge could not be read: {given.silent}",)
    return tuple(given_line(one) for one in given.approvals)


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
