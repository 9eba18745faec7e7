"""What a picture shows: when what was done, what planes answered, and what clients saw. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.forecast import went_well
from pipeline.core.timeline import bars
from pipeline.core.traffic import Point
from pipeline.core.verdict import Verdict
from pipeline.picture.judged import GateTold


class Result(Enum):
    """How something ended; the value is its class in the style sheet."""

    WELL = "well"
    BADLY = "badly"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that was done, from `began` to `ended` (seconds since 1970)."""

    name: str
    began: float
    ended: float
    result: Result = Result.WELL


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that failed for a client: when it ended, and how."""

    at: float
    how: str


@dataclass(frozen=True, slots=True)
class Client:
    """A client that sent requests at a rate (per second) from `began` to `ended`, and what it saw."""

    name: str
    rate: float
    began: float
    ended: float
    answered: tuple[float, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptTold:
    """An attempt of the run: its events, what was measured meanwhile, what its gates found and clients saw.

    So many points as `torn` more were measured, and can't be read.
    """

    attempt: Attempt
    release: str
    records: Sequence[ev.Record]
    points: Sequence[Point] = ()
    clients: Sequence[Client] = ()
    torn: int = 0
    judged: Sequence[GateTold] = ()


@dataclass(frozen=True, slots=True)
class RunPicture:
    """A run: a sentence about each of its attempts, and all that was done and seen, in order of time.

    So many points as `torn` are missing, since they were not written whole. `judged` is what its gates found.
    """

    title: str
    sentences: tuple[str, ...]
    legs: tuple[Span, ...]
    steps: tuple[Span, ...]
    gates: tuple[Span, ...]
    points: tuple[Point, ...]
    clients: tuple[Client, ...]
    torn: int = 0
    judged: tuple[GateTold, ...] = ()

    @property
    def begin(self) -> float:
        """When the first of its legs began."""
        return self.legs[0].began if self.legs else 0.0

    @property
    def end(self) -> float:
        """When the last of its legs ended; at least a second later."""
        return max([self.begin + 1.0, *(leg.ended for leg in self.legs)])


def run_picture(told: Sequence[AttemptTold], now: float) -> RunPicture:
    """The picture of a run with these attempts, at least one; what goes on lasts until `now`."""
    first = told[0].attempt
    legs = [leg for one in told for leg in _legs(one, now, several=len(told) > 1)]
    work = [(bar, one) for one in told for bar in _work(one, now)]
    return RunPicture(
        f"{first.id}: {first.kind.value} {told[0].release} in {first.stage}",
        tuple(_sentence(one) for one in told),
        tuple(legs),
        tuple(bar for bar, _ in work if not bar.name.startswith("gate ")),
        tuple(bar for bar, _ in work if bar.name.startswith("gate ")),
        tuple(sorted((point for one in told for point in one.points), key=lambda point: point.at)),
        tuple(client for one in told for client in one.clients),
        sum(one.torn for one in told),
        tuple(gate for one in told for gate in one.judged),
    )


def _sentence(told: AttemptTold) -> str:
    attempt = told.attempt
    outcome = "goes on" if attempt.outcome is None else attempt.outcome.value.replace("_", " ")
    return f"{attempt.id} ({attempt.kind.value} {told.release}): {outcome}"


def _legs(told: AttemptTold, now: float, *, several: bool) -> Iterator[Span]:
    """Each leg until the next; one for the whole attempt if its plan has none."""
    attempt = told.attempt
    end = now if attempt.ended_at is None else attempt.ended_at
    went = [
        (record.event.leg, record.at)
        for record in told.records
        if isinstance(record.event, ev.LegStarted) and record.event.attempt == attempt.id
    ]
    began = went or [(attempt.kind.value, attempt.started_at)]
    ends = [at for _, at in began[1:]] + [end]
    failed = attempt.outcome is not None and not went_well(attempt.outcome)
    for number, ((name, at), until) in enumerate(zip(began, ends, strict=True), 1):
        is_last = number == len(began)
        result = Result.WELL if not is_last else Result.BADLY if failed else Result.WELL
        if is_last and attempt.outcome is None:
            result = Result.OPEN
        yield Span(f"{attempt.id} {name}" if several else name, at, until, result)


def _work(told: AttemptTold, now: float) -> Iterator[Span]:
    attempt = told.attempt
    end = now if attempt.ended_at is None else attempt.ended_at
    for bar in bars(attempt.plan.steps, told.records, attempt.id):
        if bar.ended is None:
            result = Result.OPEN if attempt.outcome is None else Result.BADLY
        elif bar.name.startswith("gate "):
            evidence = attempt.evidence.get(bar.name.removeprefix("gate "))
            passed = evidence is not None and evidence.verdict is Verdict.PASS
            result = Result.WELL if passed else Result.BADLY
        else:
            result = Result.BADLY if bar.name in attempt.failures else Result.WELL
        name = f"{bar.name}: {bar.title}" if bar.title else bar.name
        yield Span(name, bar.began, end if bar.ended is None else bar.ended, result)


def within(spans: Iterable[Span], begin: float, end: float) -> tuple[Span, ...]:
    """Those that a time has a part of."""
    return tuple(span for span in spans if span.began < end and span.ended > begin)
