"""Figures of a site for Prometheus: what is counted, and its text format. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.board.reading import Counted, Document
from pipeline.core.history import History
from pipeline.core.kinds import Outcome
from pipeline.core.policy.waiting import waiting

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
Samples = Sequence[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, type (gauge or counter), what it says, and its values by labels."""

    name: str
    kind: str
    help: str
    samples: Samples


def metrics(counted: Counted, now: float) -> Sequence[Metric]:
    """The figures of a site at this moment (seconds since 1970)."""
    rows: Sequence[Document] = counted.status["stages"]
    outbox = counted.status["outbox"]
    return (
        Metric(
            "stagegate_ledger_events_total",
            "counter",
            "Events in the ledger.",
            [({}, float(counted.history.head))],
        ),
        Metric("stagegate_attempts_total", "counter", "Attempts that have ended.", _ended(counted, rows)),
        *_stage_metrics(counted.history, rows, now),
        Metric(
            "stagegate_outbox_waiting",
            "gauge",
            "Messages that GitLab has not been told.",
            [({}, float(len(outbox["waiting"])))] if outbox else [],
        ),
    )


def _ended(counted: Counted, rows: Sequence[Document]) -> Samples:
    """By stage and outcome, those too that never came: an increase from nothing is none to Prometheus."""
    return [
        (
            {"stage": row["stage"], "outcome": outcome.value},
            float(counted.ended.get((row["stage"], outcome), 0)),
        )
        for row in rows
        for outcome in Outcome
    ]


def _stage_metrics(history: History, rows: Sequence[Document], now: float) -> Iterable[Metric]:
    def each(name: str, help_: str, key: str) -> Metric:
        samples = [({"stage": row["stage"]}, float(bool(row[key]))) for row in rows]
        return Metric(f"stagegate_stage_{name}", "gauge", help_, samples)

    info = [
        ({"stage": row["stage"], "standing": row["standing"] or "", "verified": row["verified"] or ""}, 1.0)
        for row in rows
    ]
    yield Metric(
        "stagegate_stage_info", "gauge", "The release that stands in a stage, and the last verified.", info
    )
    yield each("unverified", "Whether what stands in the stage is not verified there.", "mark")
    yield each("held", "Whether a hold stops promotions into the stage.", "held")
    yield each("frozen", "Whether a freeze stops promotions into the stage.", "frozen")
    yield each("locked", "Whether a run holds the lease of the stage.", "locked")
    yield each("interrupted", "Whether an attempt is open that nobody drives.", "open")
    yield Metric(
        "stagegate_stage_verified_age_seconds",
        "gauge",
        "Since when the last verified release of the stage has been verified, in seconds until now.",
        [({"stage": name}, now - at) for name, at in _verified(history, rows)],
    )
    yield Metric(
        "stagegate_stage_releases_waiting",
        "gauge",
        "Releases, one at most, that are verified before the stage and were not brought into it yet.",
        _releases_waiting(history),
    )
    yield Metric(
        "stagegate_stage_promotions_queued",
        "gauge",
        "Promotions that wait for the lease of the stage.",
        [({"stage": row["stage"]}, _queued(history, row["stage"], now)) for row in rows],
    )


def _verified(history: History, rows: Iterable[Document]) -> Iterable[tuple[str, float]]:
    """Stages with a verified release, and when the attempt ended that verified it last."""
    for row in rows:
        pointer = history.stage(row["stage"]).pointer
        proof = history.proof(pointer, row["stage"]) if pointer else None
        if proof is not None and proof.ended_at is not None:
            yield row["stage"], proof.ended_at


def _releases_waiting(history: History) -> Samples:
    rules = history.line.stages if history.line else ()
    return [({"stage": one.name}, float(waiting(history, one) is not None)) for one in rules if not one.first]


def _queued(history: History, stage: str, now: float) -> float:
    return float(sum(one.queued.stage == stage and now < one.queued.until for one in history.queue))


def hook_metrics(waiting_: int, ended: Mapping[tuple[str, str], int], last: int | None) -> Sequence[Metric]:
    """The figures of webhooks; `last` is the exit code of the promotion that ended last, if one has."""
    runs = [
        ({"candidate": candidate, "exit_code": code}, float(count))
        for (candidate, code), count in sorted(ended.items())
    ]
    newest: Samples = [({}, float(last))] if last is not None else []
    return (
        Metric(
            "stagegate_hook_promotions_waiting",
            "gauge",
            "Promotions of pushes that wait or run.",
            [({}, float(waiting_))],
        ),
        Metric("stagegate_hook_promotions_total", "counter", "Promotions of pushes that have ended.", runs),
        Metric(
            "stagegate_hook_last_exit_code",
            "gauge",
            "Exit code of the last promotion of a push; -1 if it could not begin.",
            newest,
        ),
    )


def exposition(found: Iterable[Metric]) -> str:
    """The figures in Prometheus' text format."""
    return "".join(f"{line}\n" for metric in found for line in _lines(metric))


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples:
        told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{told}}} {value!r}" if told else f"{metric.name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
