"""The phases of an upgrade as formations: how the schemas of a plane's projects come to its release. Pure.

What is done already is asked when a plan is made, and again just before it would be done: from the schemas'
revisions and the projects' own questions, or, where neither tells, from what was recorded beside the data.
So an upgrade that was interrupted goes on, whoever goes on with it.
"""

import json
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stages.design.backing_up import Baseline
from stages.design.blueprint import Blueprint, Plane, Role
from stages.design.manifest import Command, Wait, telling
from stages.design.parts import Formation, Milestone, Phase, Refused
from stages.design.upgrading import Question, Upgrade, UpgradePhase, Work
from stages.openstack.forming import as_user, patiently, reachable
from stages.openstack.hosts import APPLIED, PHASE, STALLS
from stages.openstack.review import Heads, Review

CHECK = "upgrade-check"  # the kind of formations that only look
# Seconds. A migration may rewrite the largest table; this ends one that hangs. The engine ends any call after
# an hour, with all that it started: so the host must end it before, and tell why.
WITHIN = 50 * 60
ASKED_WITHIN = 300  # for a project's own check, which asks other services
# The load balancers serve already, whatever else becomes of them: no step of theirs comes first.
NEEDS = (Milestone("database", Phase.EXPAND),)
BEFORE_SERVING = (UpgradePhase.EXPAND, UpgradePhase.MIGRATE)
_FORMED_AS = {UpgradePhase.EXPAND: Phase.EXPAND, UpgradePhase.MIGRATE: Phase.MIGRATE}
_TITLES = {
    UpgradePhase.EXPAND: "expand the schemas of {0} to {2}",
    UpgradePhase.MIGRATE: "migrate rows of {0} to {2}, as far as {1} reads them",
    UpgradePhase.ONLINE: "migrate all rows of {0} to {2}, which ends {1}",
    UpgradePhase.CONTRACT: "drop from the schemas of {0} what only {1} used",
}

_Accepted = Callable[[Heads], Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One project, on its way from one release to the next, on one host."""

    upgrade: Upgrade
    review: Review
    host: str
    stage: str
    stall: float  # the budget of seconds for which writes may stall

    @property
    def kept(self) -> str:
        """What to type where the schemas are not what anybody reviewed."""
        return f"compare with [heads] of {self.review.file}; a person changed them, or a backup was restored"

    def then(self, phase: UpgradePhase) -> str:
        """What to type where this phase failed: of the last two, only a retirement goes on with them."""
        verb = "promote" if phase in BEFORE_SERVING else "promote retire"
        return f"mend that, then: {verb} --stage {self.stage}: what is done already is not repeated"


def formations(
    blueprint: Blueprint, plane: Plane, review: Review, phases: Collection[UpgradePhase]
) -> tuple[Formation, ...]:
    """What these phases do for all projects of the plane, from and to the releases that `review` is of.

    With EXPAND, each project is first asked whether it may be upgraded, in each plan until a client has
    changed over; the planner must have all asked before any is expanded. It is asked once more what says
    whether ONLINE and CONTRACT may run, and all of that before any of them. ONLINE and CONTRACT begin by
    recording that the release before can't serve any more (`still_serves`). After CONTRACT it is recorded
    that the schemas are as a new stage has them. Each formation's `after` names those of the same project
    that come first, and `irreversible` says why the release before can't serve from then on; None: it can.
    """
    roles = (role for role in blueprint.roles.values() if role.upgrades and plane.hosts_of(role.name))
    return tuple(one for role in roles for one in of_role(blueprint, plane, role, review, phases))


def of_role(
    blueprint: Blueprint, plane: Plane, role: Role, review: Review, phases: Collection[UpgradePhase]
) -> Iterator[Formation]:
    """The same for one role."""
    made = role.form(blueprint, plane, {})
    schemas = () if isinstance(made, Refused) else tuple(one for one in made if one.tables)
    for upgrade in role.upgrades:
        host, stall = plane.hosts_of(role.name)[0].name, blueprint.settings["database"].write_stall
        step = _Step(upgrade, review, host, blueprint.stage, stall)
        own = [one for one in schemas if is_of(one, upgrade)]
        last: tuple[str, ...] = ()
        if UpgradePhase.EXPAND in phases and blueprint.answers_nobody:
            asked = _asked(step)
            yield asked
            last = (asked.id,)
        yield from (_may(step, work) for work in upgrade.works if work.phase in phases and work.asked_before)
        for phase in (one for one in UpgradePhase if one in phases and upgrade.of(one)):
            found = _phase(step, phase, last)
            yield found
            last = (found.id,)
        if UpgradePhase.CONTRACT in phases:
            yield from (_recorded(upgrade, one, last) for one in own)


def baseline(blueprint: Blueprint, plane: Plane, review: Review) -> Baseline:
    """What the schemas of the plane's projects are like before any of these phases."""
    roles = (role for role in blueprint.roles.values() if plane.hosts_of(role.name))
    schemas = [schema for role in roles for upgrade in role.upgrades for schema in upgrade.schemas]
    heads = {
        name: tuple(sorted(review.heads[schema.databases[0]].before))
        for schema in schemas
        for name in schema.databases
    }
    return Baseline(review.before, review.after, heads)


def is_of(formation: Formation, upgrade: Upgrade) -> bool:
    """Whether the formation makes tables of this project."""
    databases = {name for schema in upgrade.schemas for name in schema.databases}
    return formation.tables is not None and not databases.isdisjoint(formation.tables.databases)


def still_serves(upgrade: Upgrade, release: str) -> tuple[str, ...]:
    """A command that exits 0 if the database does not record that this release can't serve any more."""
    return (APPLIED, "lacks", f"ended/{upgrade.project}", release)


def _asked(step: _Step) -> Formation:
    upgrade, review = step.upgrade, step.review
    spec = {
        **_spec(step, "upgrade check", _all_heads),
        "then": step.then(UpgradePhase.EXPAND),
        "question": _question(step, upgrade.ready),
    }
    title = f"ask {upgrade.project} whether it may be upgraded from {review.before} to {review.after}"
    return _check(step, f"schema/{upgrade.project}-ready", Phase.EXPAND, title, spec)


def _may(step: _Step, work: Work) -> Formation:
    """Whether this command may run. Where it may not, it is for a person, who ends what serves meanwhile."""
    upgrade, what = step.upgrade, work.phase.value
    then = (
        f"a person does that, as {upgrade.user}: {shlex.join(work.command)}; then: "
        f"promote retire --stage {step.stage}"
    )
    asked = work.asked_before and _question(step, work.asked_before)
    spec = {**_spec(step, f"whether to {what}", _expanded), "then": then, "question": asked}
    title = f"ask {upgrade.project} whether it may {what} while it serves"
    return _check(step, f"schema/{upgrade.project}-{what}-ready", Phase.SERVE, title, spec)


def _check(step: _Step, name: str, phase: Phase, title: str, spec: Mapping[str, Any]) -> Formation:
    ask = Command("ask", (PHASE, "ready", _json(spec)), within=ASKED_WITHIN)
    return Formation(
        id=name,
        kind=CHECK,
        phase=phase,
        host=step.host,
        title=title,
        commands=(*reachable_for(step.upgrade), ask),
        needs=NEEDS,
    )


def _phase(step: _Step, phase: UpgradePhase, after: tuple[str, ...]) -> Formation:
    upgrade, review = step.upgrade, step.review
    spec = _json(_of_phase(step, phase))
    done = (PHASE, "done", spec)
    ends = dict.fromkeys(work.ends_before for work in upgrade.of(phase) if work.ends_before)
    ended = (APPLIED, "note", f"ended/{upgrade.project}", review.before)
    first = (Command(f"end {review.before}", ended),) if ends else ()
    run = Command(phase.value, (PHASE, "run", spec), unless=done, within=WITHIN)
    told = telling(PHASE, "told", _json({"stalls": _stalls(upgrade, phase), "budget_s": step.stall}))
    return Formation(
        id=f"schema/{upgrade.project}-{phase.value}",
        kind="schema",
        phase=_FORMED_AS.get(phase, Phase.SERVE),
        host=step.host,
        title=_TITLES[phase].format(upgrade.project, review.before, review.after),
        commands=(*reachable_for(upgrade), *first, run, told),
        done=done,
        after=after,
        irreversible="; ".join(ends) or None,
        needs=NEEDS,
    )


def _stalls(upgrade: Upgrade, phase: UpgradePhase) -> str:
    """Where the host has what was measured while the phase ran."""
    return f"/run/stagegate/stalls-{upgrade.project}-{phase.value}.json"


def _recorded(upgrade: Upgrade, made: Formation, after: tuple[str, ...]) -> Formation:
    """The release's own formation of these tables counts as done: an upgrade has made the same of them."""
    if made.tables is None:
        raise ValueError(f"{made.id} makes no tables")
    note = (APPLIED, "note", made.tables.name, made.tables.revision)
    return Formation(
        id=made.id,
        kind="schema",
        phase=Phase.SERVE,
        host=made.host,
        title=f"record that {' and '.join(made.tables.databases)} of {upgrade.project} came to this release",
        commands=(Command("record", note, unless=made.done),),
        done=made.done,
        after=after,
        needs=NEEDS,
    )


def _of_phase(step: _Step, phase: UpgradePhase) -> Mapping[str, Any]:
    """What schema_phase.py is told of a phase."""
    upgrade, review = step.upgrade, step.review
    accepted = _contracted if phase is UpgradePhase.CONTRACT else _expanded
    online = (f"{phase.value}/{upgrade.project}", f"{review.before}-{review.after}")
    recorded = phase is UpgradePhase.ONLINE  # neither the revisions nor a question tell whether it is done
    return {
        **_spec(step, phase.value, accepted),
        "then": step.then(phase),
        "works": [_work(step, work) for work in upgrade.of(phase)],
        "watch": [STALLS, f"{upgrade.project}-{phase.value}", upgrade.schemas[0].client],
        "stalls": _stalls(upgrade, phase),
        "noted": [APPLIED, "known", *online] if recorded else None,
        "note": [APPLIED, "note", *online] if recorded else None,
    }


def _spec(step: _Step, what: str, accepted: _Accepted) -> dict[str, Any]:
    upgrade, review = step.upgrade, step.review
    reviewed = {
        name: review.heads[schema.databases[0]] for schema in upgrade.schemas for name in schema.databases
    }
    return {
        "what": f"{upgrade.project}, {what}, from {review.before} to {review.after}",
        "else": step.kept,
        "heads": [
            {"schema": name, "ask": list(ask), "accepted": [sorted(one) for one in accepted(reviewed[name])]}
            for name, ask in upgrade.heads.items()
        ],
    }


def _all_heads(heads: Heads) -> Sequence[tuple[str, ...]]:
    return (heads.before, heads.expanded, heads.contracted)


def _expanded(heads: Heads) -> Sequence[tuple[str, ...]]:
    return (heads.expanded, heads.contracted)


def _contracted(heads: Heads) -> Sequence[tuple[str, ...]]:
    return (heads.contracted,)


def _work(step: _Step, work: Work) -> Mapping[str, Any]:
    upgrade = step.upgrade
    return {
        "command": list(patiently(upgrade.user, upgrade.schemas, *work.command)),
        "again": work.again,
        "failures": {str(status): told for status, told in work.failures.items()},
        "before": work.asked_before and _question(step, work.asked_before),
        "after": work.asked_after and _question(step, work.asked_after),
    }


def _question(step: _Step, question: Question) -> Mapping[str, Any] | None:
    """None in releases whose own command can't be relied upon."""
    if step.review.after in question.blind:
        return None
    told = {"good": question.good, "bad": question.bad}
    return {
        "command": list(as_user(step.upgrade.user, *question.command)),
        **{name: {str(status): text for status, text in of.items()} for name, of in told.items()},
    }


def reachable_for(upgrade: Upgrade) -> tuple[Wait, ...]:
    """Wait until the database answers each account of the project's schemas."""
    clients = dict.fromkeys(schema.client for schema in upgrade.schemas)
    return tuple(map(reachable, clients))


def _json(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True)
