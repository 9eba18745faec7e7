"""The oracle names each way of a wrong reuse, by an engine that has lost the rule against it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from oracle import forbidden
from orders import Orders

from pipeline.core import events as ev
from pipeline.core import passes, reuse
from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.line import checks_of
from pipeline.core.passes import Passes
from pipeline.core.plan import Plan, Roster
from pipeline.core.reuse import Terms
from pipeline.core.verdict import Verdict

Happens = Callable[[Orders], None]


@dataclass(frozen=True)
class Break:
    """A rule of the engine that no longer holds: where, and what is there instead."""

    place: str
    instead: Callable[..., object]


def site() -> Orders:
    """The first release, verified in dev on things a and b."""
    orders = Orders()
    orders.bench.world.rests = {"thing": ("a",), "other": ("b",)}
    orders.commit(checks=("one", "other/three"), a="1", b="1")
    orders.promote("dev", 0)
    return orders


def another_image(orders: Orders) -> None:
    orders.bench.world.images[orders.releases[0]] = "another"
    orders.promote("dev", 0)


def another_definition(orders: Orders) -> None:
    orders.bench.world.definitions["smoke"] = "another"
    orders.promote("dev", 0)


def neighbour(orders: Orders) -> None:
    """What a check watches besides its own has changed, and nothing of its own."""
    orders.bench.watched["smoke"] = {"thing/one": ("other",)}
    orders.promote("dev", 0, anew=True)
    orders.commit(checks=("one", "other/three"), a="1", b="2")
    orders.promote("dev", 1)


def drifted(orders: Orders) -> None:
    orders.drift("dev", "a")
    orders.promote("dev", 0)


def too_old(orders: Orders) -> None:
    orders.bench.clock.time += 3601
    orders.promote("dev", 0)


def red_ad_hoc(orders: Orders) -> None:
    orders.bench.answers["smoke"] = "failed"
    orders.run_gate("smoke", "dev")
    orders.bench.answers.clear()
    orders.promote("dev", 0)


def unknown_ad_hoc(orders: Orders) -> None:
    orders.bench.watched["smoke"] = {"thing/one": ("unknown",)}
    orders.bench.answers["smoke"] = "failed"
    orders.run_gate("smoke", "dev")
    orders.bench.answers.clear()
    orders.bench.watched.clear()
    orders.promote("dev", 0)


def in_another_stage(orders: Orders) -> None:
    orders.bench.world.stages["staging"] = {"a": "1", "b": "1"}
    orders.promote("staging", 0)


def red_promotion(orders: Orders) -> None:
    """The gate of the only promotion that ran it has not passed: with an override, it may be verified so."""
    orders.bench.answers["smoke"] = "failed"
    orders.promote("dev", 0, anew=True, keep=True)
    orders.bench.answers.clear()
    orders.promote("dev", 0)


def green_ad_hoc(orders: Orders) -> None:
    orders.bench.world.definitions["smoke"] = "another"
    orders.run_gate("smoke", "dev")
    orders.promote("dev", 0)


def asked_anew(orders: Orders) -> None:
    orders.promote("dev", 0, anew=True)


def on_terms(change: Callable[[Terms], Terms]) -> Break:
    """The engine reuses evidence on other terms."""

    def instead(history: History, attempt: Attempt, gate: str, now: float) -> Terms:
        return change(reuse.terms_of(history, attempt, gate, now))

    return Break("pipeline.engine.gating.terms_of", instead)


def after_verdict(changed: Callable[[ev.GateJudged, Kind], tuple[ev.GateJudged, Kind] | None]) -> Break:
    """The engine takes a verdict for another one, or for none."""

    def instead(known: Passes, event: ev.GateJudged, kind: Kind, at: float) -> Passes:
        found = changed(event, kind)
        return known if found is None else passes.after_verdict(known, *found, at)

    return Break("pipeline.core.stage_view.after_verdict", instead)


def same_inputs(roster: Roster) -> list[tuple[str, str]]:
    return [(check, "same") for check in checks_of(roster)]


def passes_of_dev(history: History, attempt: Attempt, gate: str, now: float) -> Terms:
    here = reuse.terms_of(history, attempt, gate, now)
    return replace(here, passes=history.stage("dev").passes.get(gate, ()))


def believed(event: ev.GateJudged, kind: Kind) -> tuple[ev.GateJudged, Kind]:
    return replace(event, evidence=replace(event.evidence, verdict=Verdict.PASS)), kind


BLIND = Break("pipeline.core.reuse._inputs", same_inputs)
UNTOUCHED = on_terms(
    lambda terms: replace(terms, plan=Plan(), passes=tuple(replace(one, changed=()) for one in terms.passes))
)
DEAF = after_verdict(lambda event, kind: (event, kind) if event.evidence.verdict is Verdict.PASS else None)
WAYS: dict[str, tuple[Break, Happens, str]] = {
    "another image": (BLIND, another_image, "p2 reuses thing/one of p1: it rests on something else now"),
    "another definition": (
        BLIND, another_definition, "p2 reuses thing/one of p1: it rests on something else now",
    ),
    "a neighbour changed": (
        Break("pipeline.core.reuse._rests_on", lambda _roster, check: (check.partition("/")[0],)),
        neighbour,
        "p3 reuses thing/one of p2: it rests on something else now",
    ),
    "drift by hand": (
        UNTOUCHED, drifted, "p2 reuses thing/one of p1: a host that it rests on was changed since"
    ),
    "too old": (
        on_terms(lambda terms: replace(terms, within_s=9999)),
        too_old,
        "p2 reuses thing/one of p1: it is older than the line allows",
    ),
    "a red ad hoc gate": (DEAF, red_ad_hoc, "p3 reuses thing/one of p1: it was turned down since"),
    "a red gate on nobody knows what": (
        DEAF, unknown_ad_hoc, "p3 reuses thing/one of p1: it was turned down since",
    ),
    "another stage": (
        Break("pipeline.engine.gating.terms_of", passes_of_dev),
        in_another_stage,
        "p2 reuses thing/one of p1: that did not run it there in a promotion that passed the gate",
    ),
    "a gate that did not pass": (
        after_verdict(believed),
        red_promotion,
        "p3 reuses thing/one of p2: that did not run it there in a promotion that passed the gate",
    ),
    "an ad hoc gate": (
        after_verdict(lambda event, _kind: (event, Kind.PROMOTE)),
        green_ad_hoc,
        "p3 reuses thing/one of p2: that did not run it there in a promotion that passed the gate",
    ),
    "asked anew": (
        on_terms(lambda terms: replace(terms, anew=False)),
        asked_anew,
        "p2 reuses thing/one of p1: the attempt may reuse nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "happens", "said"), WAYS.values(), ids=WAYS)
def test_the_oracle_names_a_wrong_reuse(
    monkeypatch: pytest.MonkeyPatch, broken: Break, happens: Happens, said: str
) -> None:
    kept = site()
    happens(kept)
    assert forbidden(kept.bench.store.records) == [], "the engine as it is keeps the rule"

    monkeypatch.setattr(broken.place, broken.instead)
    orders = site()
    happens(orders)

    assert said in [line.partition(": ")[2] for line in forbidden(orders.bench.store.records)]


def test_a_sound_reuse_is_nothing_that_the_oracle_names() -> None:
    orders = site()
    orders.promote("dev", 0)
    orders.commit(checks=("one", "other/three"), a="1", b="2")
    orders.promote("dev", 1)
    orders.promote("dev", 1)

    records = orders.bench.store.records
    reused = [record.event.reused for record in records if isinstance(record.event, ev.GateJudged)]
    assert reused == [
        {},
        {"other/three": "p1", "thing/one": "p1"},
        {"thing/one": "p1"},
        {"other/three": "p3", "thing/one": "p1"},
    ]
    assert forbidden(records) == []
