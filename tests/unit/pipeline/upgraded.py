"""A made-up upgrade, for the picture of a run: what would have been done and counted, without a lab."""

import random
from collections.abc import Iterator

from pipeline.core.traffic import Point, Row
from pipeline.picture.subject import Client, Failure, Result, RunPicture, Span

BEGAN = 1_795_884_000.0  # 17:20:00 UTC
LEGS = (
    ("expand", 95),
    ("build", 150),
    ("cut-over", 48),
    ("back", 40),
    ("cut-over-again", 42),
    ("follow", 210),
)
SERVICES = ("identity", "image", "placement", "compute", "network", "volume")
AWAY = (BEGAN + 282.0, BEGAN + 285.5)  # nobody is answered


def legs() -> tuple[Span, ...]:
    found, at = [], BEGAN
    for name, seconds in LEGS:
        found.append(Span(name, at, at + seconds))
        at += seconds
    return tuple(found)


def steps() -> Iterator[Span]:
    chance = random.Random("steps")  # noqa: S311 - a picture is no secret
    for leg in legs():
        if leg.name in {"cut-over", "back", "cut-over-again"}:
            for number, service in enumerate(SERVICES[:5]):
                for balancer in (1, 2):
                    at = leg.began + 1 + (2 * number + balancer) * 1.4
                    yield Span(f"cutover/{service}/loadbalancer-{balancer}: send clients over", at, at + 1.3)
        else:
            for number in range(14):
                at = leg.began + chance.uniform(0, (leg.ended - leg.began) * 0.4)
                yield Span(f"service/{leg.name}-{number}", at, at + chance.uniform(3, 25))


def gates() -> Iterator[Span]:
    for leg in legs():
        names = ("smoke", "api", "neighbours") if leg.name == "build" else ("smoke",)
        at, each = leg.ended - 25 * len(names), 25.0
        for number, name in enumerate(names):
            yield Span(f"gate {leg.name}/{name}", at + number * each, at + (number + 1) * each)


def green_share(service: str, at: float) -> float:
    """How much of a service green answers."""
    share = 0.0
    for leg in legs():
        if leg.name in {"cut-over", "back", "cut-over-again"}:
            over = leg.began + 3 + SERVICES.index(service) * 2.8
            if at >= over:
                share = 0.0 if leg.name == "back" else 1.0
    return share


def points() -> Iterator[Point]:
    chance = random.Random("points")  # noqa: S311 - a picture is no secret
    for number in range(1, 2 * sum(seconds for _, seconds in LEGS)):
        at = BEGAN + number / 2
        rows = []
        for service in SERVICES:
            asked = 0 if AWAY[0] < at <= AWAY[1] else max(0, round(chance.gauss(5, 1.6)))
            green = sum(chance.random() < green_share(service, at) for _ in range(asked))
            for plane, count, wait in (("blue", asked - green, 31.0), ("green", green, 24.0)):
                if count:
                    failed = int(plane == "green" and chance.random() < 0.01)
                    counts = {"2xx": count - failed, **({"5xx": failed} if failed else {})}
                    rows.append(Row(service, plane, counts, wait * chance.lognormvariate(0, 0.1), 2))
        yield Point(at, 0.5, "loadbalancer-1", tuple(rows))
        yield Point(at, 0.5, "loadbalancer-2")


def client() -> Client:
    """One that asks ten times a second, and met the time in which nobody was answered."""
    end = BEGAN + sum(seconds for _, seconds in LEGS)
    moments = [BEGAN + number / 10 for number in range(int((end - BEGAN) * 10))]
    answered = tuple(at for at in moments if not AWAY[0] <= at < AWAY[1])
    failures = tuple(Failure(AWAY[0] + number / 3, "error: HTTP 503") for number in range(9))
    return Client("cut-over/clients: token-new", 10.0, BEGAN, end, answered, failures)


def upgrade() -> RunPicture:
    spans = legs()
    last = Span(spans[-1].name, spans[-1].began, spans[-1].ended, Result.WELL)
    return RunPicture(
        "p14: promote r7 (58474b226a36) in staging",
        ("p14 (promote r7): verified",),
        (*spans[:-1], last),
        tuple(steps()),
        tuple(gates()),
        tuple(points()),
        (client(),),
    )
