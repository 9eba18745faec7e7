"""Somebody who tries to talk the engine round: rules that make random sequences of orders."""

from dataclasses import replace

from drawn import (
    STAGES,
    Approving,
    answers,
    any_line,
    approvings,
    asked,
    checks,
    for_how_long,
    graphs,
    leggings,
    numbers,
    person,
    stages,
    stops,
    values,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from oracle import forbidden, letting_in, verified
from orders import GATES, Legging, Orders, Stop
from talk_beside import promote_in_legs, two_wait

from pipeline.core import events as ev
from pipeline.core.approval import NONE_NEEDED, ApprovalRule
from pipeline.core.history import History, replay
from pipeline.core.kinds import Kind
from pipeline.core.line import Line, line_of
from pipeline.core.stages import StageGraph
from pipeline.testing.deployer import GRAPH


class Talk(RuleBasedStateMachine):
    """Somebody tries to talk the engine round: any orders in any sequence, and the oracle looks on."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = Orders()
        self.orders.bench.world.rests = {"thing": ("a",), "other": ("a", "b")}
        self.orders.commit(checks=("one", "other/three"), a="1", b="1")
        self.history = History()

    def number(self, number: int) -> int:
        return number % len(self.orders.releases)

    @rule(graph=graphs, checks=checks, legging=leggings, a=values, b=values)
    def commit(self, graph: StageGraph, checks: tuple[str, ...], legging: Legging, **things: str) -> None:
        self.orders.commit(graph, checks, legging, **things)

    two_wait = two_wait
    promote_in_legs = promote_in_legs

    @rule(stage=stages, number=st.none() | numbers, stop=stops, keep=st.booleans(), anew=st.booleans())
    def promote(self, stage: str, number: int | None, stop: Stop, *, keep: bool, anew: bool) -> None:
        number = None if number is None else self.number(number)
        self.orders.promote(stage, number, stop, keep=keep, anew=anew)

    @rule(number=numbers)
    def promote_everywhere(self, number: int) -> None:
        for stage in STAGES:
            self.orders.promote(stage, self.number(number))

    @rule(stage=stages, stop=stops)
    def resume(self, stage: str, stop: Stop) -> None:
        self.orders.resume(stage, stop)

    @rule(stage=stages, stop=stops)
    def abort(self, stage: str, stop: Stop) -> None:
        self.orders.abort(stage, stop)

    @rule(stage=stages, number=st.none() | numbers, stop=stops)
    def roll_back(self, stage: str, number: int | None, stop: Stop) -> None:
        self.orders.roll_back(stage, None if number is None else self.number(number), stop)

    @rule(stage=stages, stop=stops, answer=st.just("passed") | answers)
    def redeploy(self, stage: str, stop: Stop, answer: str) -> None:
        self.orders.redeploy(stage, "a", stop, answer)

    @rule(stage=stages, stop=stops, answer=st.just("passed") | answers)
    def retire(self, stage: str, stop: Stop, answer: str) -> None:
        self.orders.retire(stage, stop, answer)

    @rule(gate=st.sampled_from(GATES), stage=stages, component=st.sampled_from([None, "thing", "other"]))
    def run_gate(self, gate: str, stage: str, component: str | None) -> None:
        self.orders.run_gate(gate, stage, component)

    @rule(stage=stages, thing=st.sampled_from(["a", "b"]))
    def drift(self, stage: str, thing: str) -> None:
        self.orders.drift(stage, thing)

    @rule(gate=st.sampled_from(GATES), definition=values)
    def define(self, gate: str, definition: str) -> None:
        self.orders.bench.world.definitions[gate] = definition

    @rule(gate=st.sampled_from(GATES), watched=st.none() | st.sampled_from([(), ("other",), ("unknown",)]))
    def watch(self, gate: str, watched: tuple[str, ...] | None) -> None:
        """From now on the first check of the gate looks at these components, too; None: nobody can tell."""
        self.orders.bench.watched[gate] = None if watched is None else {"thing/one": watched}

    @rule(stage=stages, number=numbers, gate=st.sampled_from(GATES), answer=answers, stop=stops)
    def promote_in_vain(self, stage: str, number: int, gate: str, answer: str, stop: Stop) -> None:
        self.orders.bench.answers[f"{gate} in {stage}"] = answer
        self.orders.promote(stage, self.number(number), stop)
        del self.orders.bench.answers[f"{gate} in {stage}"]

    def line(self) -> Line | None:
        """The line of the site; a new site is given one, if its first release gets so far."""
        if self.orders.bench.shop().history().line is None:
            self.orders.promote("dev", 0)
        return self.orders.bench.shop().history().line

    @rule(stage=stages, number=numbers, which=st.integers(0, 1), answer=answers, stop=stops)
    def promote_overridden(self, stage: str, number: int, which: int, answer: str, stop: Stop) -> None:
        """The line that stands lets the operator override; the release does not pass, and goes on perhaps."""
        line, number = self.line(), self.number(number)
        if line is not None:
            rules = (replace(one, overriders=("operator@desk",)) for one in line.stages)
            self.orders.set_line(Line(tuple(rules)))
        graph = self.orders.bench.world.graphs[self.orders.releases[number]]
        own = next((spec.gates for spec in graph.stages if spec.name == stage), GATES)
        gate = own[which % len(own)]
        self.orders.override(stage, number, gate)
        self.promote_in_vain(stage, number, gate, answer, stop)

    @rule(stage=stages, number=numbers, gate=st.sampled_from(GATES), for_s=for_how_long)
    def override(self, stage: str, number: int, gate: str, for_s: float | None) -> None:
        self.orders.override(stage, self.number(number), gate, for_s)

    @rule(stage=stages, number=numbers, gate=st.sampled_from(GATES), stop=stops)
    def withdraw_override(self, stage: str, number: int, gate: str, stop: Stop) -> None:
        """An override that may just have been placed, and a promotion that it does not carry."""
        self.orders.override(stage, self.number(number), gate)
        self.orders.withdraw_override(stage, self.number(number), gate)
        self.promote_in_vain(stage, number, gate, "failed", stop)

    @rule(call=st.integers(1, 30), stage=stages, number=numbers, gate=st.sampled_from(GATES))
    def override_beside_the_next(self, call: int, stage: str, number: int, gate: str) -> None:
        number = self.number(number)
        self.orders.between(call, lambda: self.orders.override(stage, number, gate))

    @rule(call=st.integers(1, 30), stage=stages, number=numbers, gate=st.sampled_from(GATES))
    def withdraw_override_beside_the_next(self, call: int, stage: str, number: int, gate: str) -> None:
        number = self.number(number)
        self.orders.between(call, lambda: self.orders.withdraw_override(stage, number, gate))

    @rule(gate=st.sampled_from(GATES), answer=answers, number=numbers)
    def gate_of_release_says(self, gate: str, answer: str, number: int) -> None:
        self.orders.bench.answers[f"{gate} of {self.orders.releases[self.number(number)]}"] = answer

    @rule(what=st.sampled_from(["step a", "transient a", "plan", "begin", "roster", "collect", "fence"]))
    def break_something(self, what: str) -> None:
        self.orders.bench.world.broken.add(what)

    @rule()
    def mend_everything(self) -> None:
        self.orders.bench.answers.clear()
        self.orders.bench.world.broken.clear()

    @rule(number=numbers, stage=stages, stop=stops)
    def rebuild(self, number: int, stage: str, stop: Stop) -> None:
        self.orders.rebuild(self.number(number), stage)
        self.orders.promote(stage, self.number(number), stop)

    @rule(number=numbers, checks=checks)
    def see(self, number: int, checks: tuple[str, ...]) -> None:
        self.orders.see(self.number(number), checks)

    @rule(line=any_line())
    def set_line(self, line: Line) -> None:
        self.orders.set_line(line)

    @rule(place=st.integers(0, 2), which=st.integers(0, 1), check=st.sampled_from(["thing/one", "thing/two"]))
    def ask_more_or_less(self, place: int, which: int, check: str) -> None:
        """Set the line that stands, but for one check that one gate of one stage must see, or need not."""
        if self.history.line is None:
            return
        rules = list(self.history.line.stages)
        place %= len(rules)
        required = list(rules[place].gates)
        which %= len(required)
        least = set(required[which].least) ^ {check}
        required[which] = replace(required[which], least=tuple(sorted(least)))
        rules[place] = replace(rules[place], gates=tuple(required))
        self.orders.set_line(Line(tuple(rules)))

    @rule(one_is_enough=st.booleans(), number=numbers)
    def come_after_the_others(self, number: int, *, one_is_enough: bool) -> None:
        """Set the line that stands, but its last stage comes after all others, or after any; and go there."""
        line = self.line()
        if line is None or len(line.stages) == 1:
            return
        *others, last = line.stages
        after = tuple(one.name for one in others)
        self.orders.set_line(Line((*others, replace(last, after=after, after_any=one_is_enough))))
        self.orders.promote(others[0].name, self.number(number))
        self.orders.promote(last.name, self.number(number))

    @rule(stage=st.none() | stages, for_s=for_how_long)
    def hold(self, stage: str | None, for_s: float | None) -> None:
        self.orders.hold(stage, for_s)

    @rule(number=st.integers(1, 3))
    def unhold(self, number: int) -> None:
        self.orders.unhold(number)

    @rule(number=numbers, back=st.booleans())
    def reject(self, number: int, *, back: bool) -> None:
        self.orders.reject(self.number(number), back=back)

    @rule(name=person, proved=st.booleans())
    def speak_as(self, name: str, *, proved: bool) -> None:
        self.orders.speak_as(name, proved=proved)

    @rule(stage=stages, number=numbers, other_plan=st.booleans())
    def approve(self, stage: str, number: int, *, other_plan: bool) -> None:
        self.orders.approve(stage, self.number(number), other_plan=other_plan)

    @rule(stage=stages, asked=st.just(NONE_NEEDED) | asked)
    def ask_for_approvals(self, stage: str, asked: ApprovalRule) -> None:
        """Set the line that stands, but for the approvals that one stage asks for."""
        rules = (self.history.line or line_of(GRAPH)).stages
        new = [replace(item, approvals=asked) if item.name == stage else item for item in rules]
        self.orders.set_line(Line(tuple(new)))

    @rule(stage=stages, number=numbers, approving=approvings, stop=stops)
    def approve_and_promote(self, stage: str, number: int, approving: Approving, stop: Stop) -> None:
        """A stage asks for approvals, some people give theirs, and somebody promotes and goes on."""
        number = self.number(number)
        self.ask_for_approvals(stage, approving.asked)
        for name in approving.names:
            self.orders.speak_as(name, proved=approving.proved)
            self.orders.approve(stage, number)
        self.orders.bench.clock.time += 60 if approving.late else 0
        self.orders.speak_as(approving.requester)
        self.orders.promote(stage, number, stop)
        self.ask_for_approvals(stage, approving.then)
        self.orders.resume(stage)
        self.ask_for_approvals(stage, NONE_NEEDED)

    @rule(stage=stages, number=numbers)
    def withdraw_approval(self, stage: str, number: int) -> None:
        self.orders.withdraw_approval(stage, self.number(number))

    @rule(stage=stages, number=numbers, other=numbers)
    def promote_plan(self, stage: str, number: int, other: int) -> None:
        """Somebody promotes what they have seen, and somebody else comes first."""
        other = self.number(other)
        self.orders.promote_plan(stage, self.number(number), lambda: self.orders.promote(stage, other))

    @rule(call=st.integers(1, 30), stage=stages, number=numbers)
    def withdraw_approval_beside_the_next(self, call: int, stage: str, number: int) -> None:
        number = self.number(number)
        self.orders.between(call, lambda: self.orders.withdraw_approval(stage, number))

    @rule(seconds=st.sampled_from([5.0, 50.0, 500.0]))
    def wait(self, seconds: float) -> None:
        self.orders.bench.clock.time += seconds

    @rule(old=st.booleans())
    def change_the_engine(self, *, old: bool) -> None:
        self.orders.old = old

    @rule(call=st.integers(1, 30), stage=stages, number=numbers)
    def beside_the_next(self, call: int, stage: str, number: int) -> None:
        self.orders.between(call, lambda: self.orders.promote(stage, self.number(number)))

    @rule(call=st.integers(1, 30), line=any_line())
    def set_line_beside_the_next(self, call: int, line: Line) -> None:
        self.orders.between(call, lambda: self.orders.set_line(line))

    @rule(call=st.integers(1, 30), number=numbers)
    def reject_beside_the_next(self, call: int, number: int) -> None:
        self.orders.between(call, lambda: self.orders.reject(self.number(number)))

    @rule(call=st.integers(1, 30))
    def hold_beside_the_next(self, call: int) -> None:
        self.orders.between(call, lambda: self.orders.hold(None))

    @invariant()
    def the_rules_were_kept(self) -> None:
        records = self.orders.bench.store.records
        if len(records) == self.history.head:
            return
        new = records[self.history.head :]
        self.history = replay(new, self.history)
        assert forbidden(records) == []
        for record in new:
            if isinstance(record.event, ev.AttemptStarted) and record.event.kind is Kind.PROMOTE:
                proofs = self.history.attempts[record.event.attempt].proofs
                assert {self.history.attempts[name].stage for name in proofs} == letting_in(records, record)
        for name, view in self.history.stages.items():
            assert set(view.verified) <= verified(records, name)
