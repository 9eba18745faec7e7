"""The state of a site, folded from its events: releases, attempts, holds, stages.

What is stored of it can be thrown away: see snapshot.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.advancing import advance
from pipeline.core.approvals import Approvals, spoken, used_up
from pipeline.core.archives import Archives, archived
from pipeline.core.attempt import Attempt, begin
from pipeline.core.errors import IllegalTransition
from pipeline.core.forge_calendar import ForgeCalendar, calendar_of
from pipeline.core.holds import Hold, Holds, lifted, placed
from pipeline.core.kinds import Kind
from pipeline.core.line import Least, Line, LineStage, line_of
from pipeline.core.outbox import Outbox, posted
from pipeline.core.overrides import Override, Overrides, allowed, overridden
from pipeline.core.proof import proves
from pipeline.core.queue import Queue, overtaken, requeued
from pipeline.core.rejections import Rejections, rejected
from pipeline.core.release import Release
from pipeline.core.series import Series
from pipeline.core.stage_view import StageView, ended, judged, outdated, touched, with_passes


@dataclass(frozen=True, slots=True)
class History:
    """The whole ledger, folded.

    `head` is the number of the last event. `line` is None until the site has one. `rejections` are by
    release. `overrides` are those that were not withdrawn. `holds` are those that were not lifted, by id,
    also those that have ended; `holds_placed` counts all. `approvals` are those that were given and neither
    taken back nor used up. `queue` are the promotions that wait for a stage. `configured` are the stages that
    configs of releases name, the newest release's first. `later` are the attempts of each run after its
    first, for runs that have such. `outbox` is None until a forge is told of this site. `archives` are the
    objects in the store. `calendar` is that of the forge, as it was read last.
    """

    releases: Series[Release] = field(default_factory=Series)
    attempts: Series[Attempt] = field(default_factory=Series)
    stages: Mapping[str, StageView] = field(default_factory=dict)
    rejections: Rejections = field(default_factory=dict)
    overrides: Overrides = ()
    holds: Holds = field(default_factory=dict)
    holds_placed: int = 0
    approvals: Approvals = ()
    queue: Queue = ()
    artifacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    line: Line | None = None
    configured: tuple[str, ...] = ()
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outbox: Outbox | None = None
    archives: Archives = field(default_factory=dict)
    calendar: ForgeCalendar | None = None
    head: int = 0

    def stage(self, name: str) -> StageView:
        """The state of a stage; an empty one when nothing has happened there yet."""
        return self.stages.get(name, StageView(name))

    def stage_names(self) -> tuple[str, ...]:
        """Every stage that the site knows: those of the line, of any release's config, and used ones."""
        names = self.line.names() if self.line else ()
        return tuple(dict.fromkeys([*names, *self.configured, *self.stages]))

    def line_for(self, release: Release) -> Line:
        """The site's line; in a site that has none yet, the one that this release's config describes."""
        return self.line or line_of(release.stages)

    def least(self, stage: str) -> Least | None:
        """The checks that each gate of a promotion into this stage must see; None if the site has no line."""
        rules = self.line.stage(stage) if self.line else None
        return rules.least if rules else None

    def is_first(self, release: Release, stage: str) -> bool:
        """Whether any pinned release may enter this stage. A stage that left the line is not the first."""
        rules = self.line_for(release).stage(stage)
        return rules is not None and rules.first

    def proof(self, release: str, stage: str) -> Attempt | None:
        """The attempt that verified this release in this stage last."""
        name = self.stage(stage).proofs.get(release)
        return self.attempts[name] if name else None

    def goals(self, stage: str) -> tuple[str, ...]:
        """The releases that a rollback of this stage may go to, the best one last: verified, not rejected."""
        return tuple(item for item in self.stage(stage).verified if item not in self.rejections)

    def override(self, stage: str, release: str, gate: str) -> Override | None:
        """The override of this gate, if the line still allows it; it may have ended by itself."""
        about = (stage, release, gate)
        return next((item for item in allowed(self.overrides, self.line) if item.about == about), None)

    def overrides_at(self, at: float) -> Overrides:
        """The overrides that would carry a verdict at that moment (seconds since 1970)."""
        return tuple(item for item in allowed(self.overrides, self.line) if not item.ended(at))

    def holds_at(self, at: float) -> tuple[Hold, ...]:
        """The holds that have not ended by then, in the order in which they were placed."""
        return tuple(hold for hold in self.holds.values() if hold.until is None or at < hold.until)

    def holds_on(self, stage: str, at: float) -> tuple[Hold, ...]:
        """Those that stop promotions into this stage: its own, and those on every stage."""
        return tuple(hold for hold in self.holds_at(at) if hold.stage in (None, stage))

    def run(self, run: str) -> tuple[Attempt, ...]:
        """The attempts of a run, in order: the first, and the rollback it caused if any."""
        return tuple(self.attempts[name] for name in (run, *self.later.get(run, ())))

    def next_attempt_id(self) -> str:
        """The id the next attempt gets."""
        return f"p{len(self.attempts) + 1}"

    def next_hold_id(self) -> str:
        """The id the next hold gets."""
        return f"h{self.holds_placed + 1}"

    def next_alias(self) -> str:
        """The alias the next release gets."""
        return f"r{len(self.releases) + 1}"


def replay(records: Iterable[ev.Record], since: History | None = None) -> History:
    """Fold the events onto `since` (by default, an empty history).

    Raises IllegalTransition for an impossible sequence of events, such as a gap in their numbers.
    """
    history = since or History()
    for record in records:
        history = apply(history, record)
    return history


def apply(history: History, record: ev.Record) -> History:  # noqa: C901, PLR0911, PLR0912 - one case per event
    """The history after one more event. Raises IllegalTransition when it cannot happen."""
    if record.seq != history.head + 1:
        raise IllegalTransition(
            f"event {record.seq} follows event {history.head}", next="promote ledger verify"
        )
    event, moved = record.event, replace(history, head=record.seq)
    match event:
        case ev.LeaseTaken() | ev.LeaseReturned() | ev.PromotionQueued() | ev.PromotionDequeued():
            return replace(moved, queue=requeued(history.queue, event, record.seq))
        case ev.ReleasePinned():
            return _pinned(moved, event)
        case ev.ReleaseRejected() | ev.RejectionWithdrawn():
            return replace(moved, rejections=rejected(history.rejections, event, record.at))
        case ev.PromotionApproved() | ev.ApprovalWithdrawn():
            return replace(moved, approvals=spoken(history.approvals, event, record.at))
        case ev.LineSet(line=line):
            return _lined(moved, line)
        case ev.GateOverridden() | ev.OverrideWithdrawn():
            return replace(moved, overrides=overridden(history.overrides, event, record.at))
        case ev.HoldPlaced():
            holds = placed(history.holds, event, history.next_hold_id(), record.at)
            return replace(moved, holds=holds, holds_placed=history.holds_placed + 1)
        case ev.HoldLifted():
            return replace(moved, holds=lifted(history.holds, event))
        case ev.OutboxOpened() | ev.Delivered():
            return replace(moved, outbox=posted(history.outbox, event, len(history.attempts)))
        case ev.Archived():
            known = archived(history.archives, event, history.releases, history.attempts)
            return replace(moved, archives=known)
        case ev.FreezePeriodsRead():
            return replace(moved, calendar=calendar_of(event, record.at))
        case ev.AttemptStarted():
            return _started(moved, event, record.at)
        case _:
            return _advanced(moved, event, record.at)


def _pinned(history: History, event: ev.ReleasePinned) -> History:
    if event.release in history.releases:
        raise IllegalTransition(f"release {event.release} is pinned twice")
    if event.release != event.pin.id or event.alias != history.next_alias():
        raise IllegalTransition(f"release {event.alias} is not what its name says")
    release = Release(event.alias, event.pin, event.stages)
    configured = tuple(dict.fromkeys([*release.stages.names(), *history.configured]))
    return replace(history, releases=history.releases.put(release.id, release), configured=configured)


def _lined(history: History, line: Line) -> History:
    if problems := line.problems():
        raise IllegalTransition("a line that no release could follow was set", why=problems[0])
    return replace(history, line=line)


def _started(history: History, event: ev.AttemptStarted, at: float) -> History:
    view = history.stage(event.stage)
    if event.attempt != history.next_attempt_id():
        raise IllegalTransition(f"attempt {event.attempt} is out of order")
    if event.release not in history.releases:
        raise IllegalTransition(f"attempt {event.attempt} is of a release that was never pinned")
    if view.open is not None:
        raise IllegalTransition(f"attempt {event.attempt} starts while {view.open} is open")
    if not event.gates:
        raise IllegalTransition(f"attempt {event.attempt} has no gate")
    rules = _rules(history, event) if event.kind.by_the_line else None
    artifacts = history.artifacts.get(event.release, {})
    attempt = replace(
        begin(event, at, artifacts),
        rules=rules,
        proofs=_proofs(history, event, at),
        first_event=history.head,
    )
    attempts, later = history.attempts.put(event.attempt, attempt), history.later
    if event.run != event.attempt:
        later = {**later, event.run: (*later.get(event.run, ()), event.attempt)}
    view = replace(view, open=event.attempt, latest=event.attempt)
    stages, queue = {**history.stages, view.name: view}, overtaken(history.queue, event)
    return replace(history, attempts=attempts, later=later, stages=stages, queue=queue)


def _proofs(history: History, event: ev.AttemptStarted, at: float) -> tuple[str, ...]:
    """The attempts that let a promotion in: those that verified its release in the stages before."""
    line = history.line_for(history.releases[event.release])
    rules = line.stage(event.stage)
    if event.kind is not Kind.PROMOTE or rules is None:
        return ()
    found = (history.proof(event.release, before) for before in rules.after)
    return tuple(
        proof.id
        for proof in found
        if proof is not None and _lets_in(history, proof, line.stage(proof.stage), rules.soak_s, at)
    )


def _lets_in(history: History, proof: Attempt, asked: LineStage | None, soak_s: int, at: float) -> bool:
    """Whether what the attempt verified stands verified, by all that is asked now and for long enough."""
    view = history.stage(proof.stage)
    soaked = view.soaked_s(proof.release, at) >= soak_s
    return proof.release in view.verified and soaked and asked is not None and proves(proof, asked)


def _rules(history: History, event: ev.AttemptStarted) -> LineStage | None:
    """The rules of what the line judges, by the line of its start; None if there was none."""
    own = history.releases[event.release].stages.stage(event.stage).gates
    rules = history.line.stage(event.stage) if history.line else None
    if event.gates != own or (rules and not rules.least.keys() <= set(event.gates)):
        raise IllegalTransition(f"attempt {event.attempt} does not run the gates of {event.stage}")
    if history.line and rules is None:
        raise IllegalTransition(f"attempt {event.attempt} is in {event.stage}, which is not on the line")
    return rules


def _advanced(history: History, event: ev.AttemptEvent, at: float) -> History:
    before = history.attempts.get(event.attempt)
    if before is None:
        raise IllegalTransition(f"{type(event).__name__} of {event.attempt}, which never started")
    after = advance(before, event, at)
    if after.outcome is not None:
        after = replace(after, last_event=history.head)
    moved = replace(history, attempts=history.attempts.put(after.id, after))
    if isinstance(event, ev.StepSucceeded) and event.artifacts:
        moved = _made(moved, after.release, event.artifacts)
    view = with_passes(moved.stage(after.stage), after, event, at)
    if after.touched and not before.touched:
        view = touched(view, after.release, at)
        if after.kind.by_the_line:
            moved = replace(moved, approvals=used_up(moved.approvals, after.stage, after.release, after.kind))
    if isinstance(event, ev.GateJudged) and event.override is not None:
        _require_standing(history, before, event)
    elif isinstance(event, ev.GateJudged) and after.kind is not Kind.GATE:
        view = judged(view, after.release, event.evidence.verdict)
    if after.outcome is not None:
        up_to_date = after.artifacts == moved.artifacts.get(after.release, {})
        view = ended(view, after, at, up_to_date=up_to_date)
    return replace(moved, stages={**moved.stages, view.name: view})


def _require_standing(history: History, attempt: Attempt, event: ev.GateJudged) -> None:
    """Raise IllegalTransition unless the override stood when it carried the verdict.

    Whether it had ended by then is not asked: the engine did, by a clock that may be a moment behind.
    """
    if event.override != history.override(attempt.stage, attempt.release, event.gate):
        raise IllegalTransition(f"gate {event.gate} of {attempt.id} has an override that did not stand")


def _made(history: History, release: str, artifacts: Mapping[str, str]) -> History:
    """Add artifacts. A release whose artifact was rebuilt differently is no longer verified in any stage."""
    before = history.artifacts.get(release, {})
    stages = history.stages
    if any(before.get(name, digest) != digest for name, digest in artifacts.items()):
        stages = {name: outdated(view, release) for name, view in stages.items()}
    known = {**history.artifacts, release: {**before, **artifacts}}
    return replace(history, artifacts=known, stages=stages)
