"""What the board shows of one release: where it stands, what each stage asks of it, and who approved it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.cli.render import approval_data, moment
from pipeline.core.actor import Actor
from pipeline.core.approval import ApprovalRule
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.release import Release

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageAsks:
    """What a stage asks of a release: its rule of approvals, what holds it back, and who has approved it.

    `stands` is whether it stands there now, `verified` whether it is verified there.
    """

    stage: str
    stands: bool
    verified: bool
    rule: ApprovalRule
    why: Document
    approvals: Sequence[Document]

    def unfit(self, person: Actor) -> str | None:
        """Why this person's approval would never count; None if it may."""
        return self.rule.unfit(person)


@dataclass(frozen=True, slots=True)
class ReleaseShown:
    """One release now. `rejected` has by whom, why and when, if a person rejected it."""

    head: int
    release: Release
    rejected: Document | None
    stages: Sequence[StageAsks]


def release_shown(history: History, release: Release, whys: Mapping[str, Document]) -> ReleaseShown:
    """What is shown of it; `whys` are the documents of `promote why`, by stage of the line."""
    found = history.rejections.get(release.id)
    rejected = {"by": str(found.by), "reason": found.reason, "at": moment(found.at)} if found else None
    stages = [_asks(history, release, stage, why) for stage, why in whys.items()]
    return ReleaseShown(history.head, release, rejected, stages)


def _asks(history: History, release: Release, stage: str, why: Document) -> StageAsks:
    rules, view = history.line_for(release).stage(stage), history.stage(stage)
    rule = rules.approvals if rules else ApprovalRule()
    given = [
        {**approval_data(one), "by": str(one.by), "until": moment(one.at + rule.within_s)}
        for one in history.approvals
        if (one.stage, one.release, one.kind) == (stage, release.id, Kind.PROMOTE)
    ]
    return StageAsks(
        stage,
        stands=view.standing == release.id,
        verified=release.id in view.verified,
        rule=rule,
        why=why["releases"][0],
        approvals=given,
    )
