"""A plan in a file: what somebody has looked at, so that exactly this is approved or promoted, or nothing."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.codec import plain, revive
from pipeline.core.errors import NotEligible, UsageProblem
from pipeline.core.legs import Leg
from pipeline.core.plan import Change, Plan, Step
from pipeline.core.plan_digest import digest_of
from pipeline.engine.preview import Preview

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class PlanFile:
    """The plan of a release for a stage; `alias` is None if it was not pinned then. It holds no secrets."""

    protocol: int
    stage: str
    release: str
    alias: str | None
    digest: str
    summary: tuple[Change, ...]
    steps: tuple[Step, ...]
    legs: tuple[Leg, ...] = ()

    def agreeing(self, stage: str | None, release: str | None) -> tuple[str, str, str]:
        """Stage, release id and digest of the plan. Raises UsageProblem if others were named beside it."""
        if stage not in (None, self.stage):
            raise UsageProblem(
                f"the plan is for {self.stage}, and not for {stage}", next="leave out --stage and --release"
            )
        if release not in (None, self.alias) and not self.release.startswith(release or ""):
            alias = self.alias or "not pinned yet"
            raise UsageProblem(
                f"the plan is not of release {release}",
                why=f"it is of {self.release[:12]} ({alias})",
                next="leave out --stage and --release",
            )
        return self.stage, self.release, self.digest


def write(path: Path, found: Preview) -> None:
    """Write the plan. Raises NotEligible if it refuses, UsageProblem if the file can't be written."""
    if found.plan.refusals:
        raise NotEligible(
            f"the plan is not written to {path}: it refuses",
            why="; ".join(found.plan.refusals),
            next=f"promote plan --stage {found.stage}",
        )
    content = PlanFile(
        protocol=PROTOCOL,
        stage=found.stage,
        release=found.release.id,
        alias=found.release.alias if found.pinned else None,
        digest=found.digest,
        summary=found.plan.summary,
        steps=found.plan.steps,
        legs=found.plan.legs,
    )
    data = plain(content)
    if not content.legs:  # as files had it before there were any
        del data["legs"]
    try:
        path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageProblem(
            "the plan cannot be written",
            where=str(path),
            why=str(error),
            next=f"promote plan --stage {found.stage} --out FILE",
        ) from error


def read(path: Path) -> PlanFile:
    """The plan in a file. Raises UsageProblem if it is none, or was changed since it was written."""
    try:
        found: PlanFile = revive(PlanFile, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise _unusable(path, str(error)) from error
    if found.protocol != PROTOCOL:
        raise _unusable(path, f"its protocol is {found.protocol}; this version reads {PROTOCOL}")
    if digest_of(Plan(steps=found.steps, summary=found.summary, legs=found.legs)) != found.digest:
        raise _unusable(path, "its steps are not those of its digest: it was changed since it was written")
    return found


def _unusable(path: Path, why: str) -> UsageProblem:
    what = "this is no plan that can be promoted"
    return UsageProblem(what, where=str(path), why=why, next="promote plan --stage NAME --out FILE")
