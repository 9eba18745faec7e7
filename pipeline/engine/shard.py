"""One shard of a gate of a promotion that waits for its gates to be judged: run, and reported once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import IllegalTransition, LedgerMoved, NotEligible, StageLocked, UsageProblem
from pipeline.core.history import History, apply
from pipeline.core.leases import Lease
from pipeline.core.line import checks_of
from pipeline.core.plan_digest import digest_of
from pipeline.core.shard import Shard
from pipeline.core.shard_reports import at_work, find
from pipeline.engine.gating import run, seen
from pipeline.engine.leasing import locked
from pipeline.engine.rosters import Rosters
from pipeline.engine.task import Task, context_of
from pipeline.workshop import Workshop

_E = TypeVar("_E", ev.ShardStarted, ev.ShardJudged)


@dataclass(frozen=True, slots=True)
class Part:
    """A shard of a gate in a stage; `attempt` is the only one that it may be of, None for any."""

    stage: str
    gate: str
    shard: Shard
    attempt: str | None = None

    def __str__(self) -> str:
        """As a person reads it."""
        return f"shard {self.shard} of gate {self.gate} in {self.stage}"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """A shard's report, where its evidence is (relative to the site), and whether it was there before."""

    report: ev.ShardJudged
    directory: str
    before: bool = False


def run_shard(shop: Workshop, part: Part, *, wait_s: float = 0.0) -> ShardResult:
    """Run the shard against what the promotion has deployed, and record its report.

    A shard that has reported is not run again. If it can't be run, or is interrupted, nothing is reported: it
    may be begun again. Raises UsageProblem for a gate that can't be divided, NotEligible if no promotion
    waits for it, or none does any more, StageLocked while the promotion or this shard is at work elsewhere,
    LeaseLost, RunInterrupted, and what the release's own code raises.
    """
    attempt = _waiting(shop, shop.history(), part)
    _require_divisible(shop, attempt, part)
    name = _lease(part.stage, part.gate, part.shard)
    with (
        locked(shop, name, str(part), wait_s=wait_s, wait_for_expiry=True) as lease,
        shop.keeper.keeping(lease) as lost,
    ):
        attempt = _waiting(shop, shop.history(), part)
        known = find(attempt.shards, attempt.gate_name(part.gate), part.shard)
        if known is not None and known.report is not None:
            return ShardResult(known.report, known.directory, before=True)
        begun = _recorded(shop, lease, part, lambda history: _begun(shop, history, part))
        judged = _judged(shop, begun)
        if (gone := lost()) is not None:
            raise gone
        _recorded(shop, lease, part, lambda _history: judged)
        return ShardResult(judged, begun.directory)


@contextmanager
def none_at_work(shop: Workshop, attempt: Attempt, *, wait_s: float) -> Iterator[None]:
    """Keep shards that have not reported from being at work while inside: the attempt goes on without them.

    Waits for one that was killed until its lease expires, and for one at work up to `wait_s` seconds. Raises
    StageLocked after that.
    """
    with ExitStack() as held:
        for gate, shard in at_work(attempt.shards):
            name = _lease(attempt.stage, gate.rpartition("/")[2], shard)
            purpose = f"go on with {attempt.id}"
            held.enter_context(locked(shop, name, purpose, wait_s=wait_s, wait_for_expiry=True))
        yield


def _lease(stage: str, gate: str, shard: Shard) -> str:
    """The name of the lease of a shard. It becomes that of a file, and no stage has such a one."""
    return f"@{stage}.{gate}.{shard.number}-of-{shard.count}"


def _waiting(shop: Workshop, history: History, part: Part) -> Attempt:
    """The promotion that waits for this gate to be judged by others. Raises NotEligible, StageLocked."""
    name, stage = history.stage(part.stage).open, part.stage
    if name is None or part.attempt not in {None, name}:
        what = f"attempt {part.attempt}" if part.attempt else "no promotion"
        why = f"{name} is open there" if name else "no attempt is open there"
        raise NotEligible(
            f"{what} waits in {stage} for a gate to be judged" + (" no more" if part.attempt else ""),
            why=why,
            next=f"promote status --stage {stage}",
        )
    if (lease := shop.ledger.worker_on(stage)) is not None:
        raise StageLocked(
            f"attempt {name} is driven right now, and judges its gates itself",
            where=f"stage {stage}",
            why=lease.purpose,
            next=f"promote show {name}",
        )
    attempt = history.attempts[name]
    left = [gate for gate in attempt.leg.gates if attempt.gate_name(gate) not in attempt.evidence]
    if not (attempt.interrupted and attempt.may_hand_over and part.gate in left):
        raise NotEligible(
            f"attempt {name} does not wait for {part.gate} to be judged",
            why=f"it is {attempt.phase.value}; gates that are left: {', '.join(left) or 'none'}",
            next=f"promote resume --stage {stage}",
        )
    return attempt


def _require_divisible(shop: Workshop, attempt: Attempt, part: Part) -> None:
    """Raise UsageProblem unless the release's suites say that the gate may be run in parts at once."""
    shop.revisions.require_copy(attempt.release)
    if not shop.gates.divisible(context_of(attempt), part.gate):
        raise UsageProblem(
            f"gate {part.gate} can't be divided into shards",
            why="the release's suites do not say that its checks may be run in several places at once",
            next=f"promote resume --stage {part.stage}",
        )


def _begun(shop: Workshop, history: History, part: Part) -> ev.ShardStarted:
    attempt = _waiting(shop, history, part)
    gate, leg = attempt.gate_name(part.gate), attempt.plan.told(attempt.leg)
    known = find(attempt.shards, gate, part.shard)
    number = (known.number if known else 0) + 1
    where = f"{gate}-shard-{part.shard.number}-of-{part.shard.count}-{number}"
    return ev.ShardStarted(
        attempt.id,
        part.gate,
        part.shard,
        number,
        f"runs/{attempt.id}/{where}",
        attempt.release,
        digest_of(attempt.plan),
        shop.actor,
        shop.job,
        leg,
    )


def _judged(shop: Workshop, begun: ev.ShardStarted) -> ev.ShardJudged:
    """Run what of the shard is not reused, and judge that."""
    history = shop.history()
    task = Task(shop, Rosters(shop.deployer), history, history.attempts[begun.attempt])
    roster, reuse = seen(task, begun.gate)
    mine = reuse.rest(begun.shard.of(roster))
    evidence, report = run(shop, task.context, begun.gate, mine, shop.site / begun.directory)
    inputs = {check: reuse.inputs[check] for check in checks_of(mine) if check in reuse.inputs}
    return ev.ShardJudged(
        begun.attempt, begun.gate, begun.shard, begun.number, evidence, mine, report, inputs, begun.leg
    )


def _recorded(shop: Workshop, lease: Lease, part: Part, make: Callable[[History], _E]) -> _E:
    """Append the event that follows from the exact history that it is appended to.

    Raises NotEligible if it can't happen any more, for instance because the attempt went on meanwhile.
    """
    while True:
        history = shop.history()
        event = make(history)
        try:
            apply(history, ev.Record(history.head + 1, shop.clock.now(), event))
        except IllegalTransition as problem:
            raise NotEligible(
                f"{part} does not count",
                why=f"{problem.what}: {problem.why}" if problem.why else problem.what,
                next=f"promote status --stage {part.stage}",
            ) from problem
        try:
            records = shop.ledger.append([event], lease=lease, head=history.head)
        except LedgerMoved:  # another shard has reported; the loop looks again
            continue
        for record in records:
            shop.notifier.recorded(record)
        return event
