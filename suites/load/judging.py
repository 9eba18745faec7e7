"""What the requests of a load say of a component: whether one failed or waited, or a host is slow. Pure."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from samples.rank_test import Ranked, at_once, ranked
from suites.errors import NotMeasured
from suites.hosts.reading import Observation
from suites.load.arrivals import Series
from suites.load.mix import Subject
from suites.load.sampled import Sample, took

# The fewest of a series at a host that say something of its median.
LEAST = 4
SHOWN = 3
# A host stands out if that is so sure, with all hosts of the component taken together, and its requests take
# so many times as long as at the others, by so many seconds: what no client notices is no difference.
SURE = 0.999
TIMES, BY_S = 1.5, 0.05
# What is compared between hosts: the same requests, sent at the same moments.
COMPARED = (Series.ALONE, Series.BESIDE, Series.TOGETHER)
TOO_FEW = "too few requests were sent when they were due, or answered"


def none_failed(samples: Iterable[Sample]) -> Observation:
    """Say whether no request failed, and no answer took too long."""
    known = tuple(samples)
    failed = [_told(one) for one in known if one.ended.error is not None]
    more = f"; and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    if failed or not known:
        seen = f"{len(failed)} of {len(known)} requests failed: {'; '.join(failed[:SHOWN])}{more}"
        return Observation(holds=False, seen=seen if known else "no request was sent")
    return Observation(holds=True, seen=f"{len(known)} requests answered")


def none_waited(subject: Subject, samples: Iterable[Sample], waits: float) -> Observation:
    """Say whether as many requests at once as a host is to take, and several through the VIP, did not wait.

    Slow clients hold all but one of its workers: the median of requests beside them may be `waits` seconds
    more than that of requests alone. Raises NotMeasured if too few of either were sent as they should be.
    """
    known = tuple(samples)
    alone = {host: _enough(subject, took(known, Series.ALONE, host), f"at {host}") for host in subject.hosts}
    everywhere = [one for many in alone.values() for one in many]
    compared = [
        (f"at {host} beside {many - 1} slow clients", _beside(known, host, many - 1), alone[host])
        for host, many in subject.hosts.items()
    ]
    compared.append(("through the VIP", took(known, Series.VIP, ""), everywhere))
    told = {}
    for where, found, usual in compared:
        now, before = statistics.median(_enough(subject, found, where)), statistics.median(usual)
        told[f"{now:.2f} s {where}, {before:.2f} s alone"] = now - before > waits
    wrong = [text for text, exceeds in told.items() if exceeds]
    if wrong:
        return Observation(holds=False, seen=f"waits for more than {waits:g} s: {'; '.join(wrong)}")
    return Observation(holds=True, seen="; ".join(told))


def none_stands_out(subject: Subject, samples: Iterable[Sample]) -> Observation:
    """Say whether no host of the component is slower than the others, by a rank test of the same requests.

    Raises NotMeasured if there are too few requests to be sure of anything, or no two hosts to compare.
    """
    known = tuple(samples)
    if len(subject.hosts) < 2:  # noqa: PLR2004 - one is slower than another
        raise NotMeasured("there are no two hosts to compare", where=subject.component)
    times = {
        host: _enough(
            subject, [one for series in COMPARED for one in took(known, series, host)], f"at {host}"
        )
        for host in subject.hosts
    }
    tests = {host: ranked(_others(times, host), times[host]) for host in times}
    if max(at_once([test.least for test in tests.values()])) > 1 - SURE:
        raise NotMeasured(TOO_FEW, where=subject.component, why=_counts(times))
    chances = at_once([test.larger for test in tests.values()])
    slower = [
        _apart(host, times, test, chance)
        for (host, test), chance in zip(tests.items(), chances, strict=True)
        if chance <= 1 - SURE and _notable(times[host], _others(times, host), test)
    ]
    medians = ", ".join(f"{host} {statistics.median(times[host]):.3f} s" for host in times)
    return Observation(holds=not slower, seen="; ".join(slower) or f"alike, by the median: {medians}")


def _beside(samples: Sequence[Sample], host: str, slow: int) -> list[float]:
    """How long the requests took that were beside so many slow clients; others prove nothing."""
    holding = [one for one in samples if (one.due.series, one.due.host) == (Series.SLOW, host)]
    proved = [
        one
        for one in samples
        if sum(other.ended.sent < one.ended.sent < other.ended.sent + other.due.held for other in holding)
        == slow
    ]
    return took(proved, Series.BESIDE, host)


def _enough(subject: Subject, found: Sequence[float], where: str) -> Sequence[float]:
    if len(found) < LEAST:
        why = f"{len(found)} {where}, and at least {LEAST} are needed"
        advice = "raise load.rate or load.lasts in config/gates.yaml, if the machine has time to spare"
        raise NotMeasured(TOO_FEW, where=subject.component, why=why, next=advice)
    return found


def _others(times: Mapping[str, Sequence[float]], host: str) -> list[float]:
    return [one for other, many in times.items() if other != host for one in many]


def _notable(mine: Sequence[float], others: Sequence[float], test: Ranked) -> bool:
    return test.shift >= BY_S and statistics.median(mine) >= TIMES * statistics.median(others)


def _apart(host: str, times: Mapping[str, Sequence[float]], test: Ranked, chance: float) -> str:
    mine, others = statistics.median(times[host]), statistics.median(_others(times, host))
    return (
        f"{host} is slower than the others by {test.shift:.2f} s (medians {mine:.2f} s and {others:.2f} s,"
        f" {len(times[host])} requests, {1 - chance:.4f} sure)"
    )


def _counts(times: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{len(many)} at {host}" for host, many in times.items())


def _told(sample: Sample) -> str:
    where = sample.due.host or "the VIP"
    what = f"{sample.due.act.value} {sample.due.path}".strip()
    return f"{what} at {where} {sample.due.series.value}: {sample.ended.error}"
