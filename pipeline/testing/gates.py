"""Gates with outcomes that a test chooses."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.core.checked import Checked
from pipeline.core.errors import ChildCrashed
from pipeline.core.judgement import PROTOCOL, SuiteRun
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.swept import Leftover, Swept
from pipeline.ports import Context, Notifier, Target
from pipeline.testing.trap import Trap

# What ends a suite before its last check, and the reason in its SuiteRun.
_BREAKS = {
    "crash": "the suite was killed by signal 9",
    "silence": "no sign of life for {within_s:g} s: the suite was terminated",
}

_RETAKE = {"why": "the probe made 60% of the requests that were due", "evidence": "traces/thing_smoke"}

# Of a leftover that a sweep was not to remove.
ASKED = "not asked to remove it"
# A component that a sweep can't ask.
AWAY = "away"

Watched = dict[str, Mapping[str, tuple[str, ...]] | None]


class FakeGates:
    """The Gates port with fixed answers: an outcome for every check, "retaken", "crash", or "silence".

    "retaken" is a pass after a retake; "crash" and "silence" end the suite before its first check. With
    "failed, then crash", the first roster entry has that outcome, and the suite breaks at the second. Answers
    are looked up as "GATE in leg LEG", "GATE of RELEASE", "GATE in STAGE", "GATE"; without one, everything
    passes.

    `watched` are the components that checks look at besides their own, by gate and check; by default none.
    None instead of them is a crash of the release's code. Every gate but failover is divisible. `ran` are the
    checks that were run, each as "GATE in STAGE: COMPONENT/CHECK". `reliance` is what reports say that checks
    rest on, as JSON data; None: as those of an older release, nothing. `left` is what gates have left in
    every stage: a sweep removes what is there only because nobody asked for that, and can't look for the
    rest of a component that is `AWAY`.
    """

    def __init__(
        self,
        answers: dict[str, str] | None = None,
        trap: Trap | None = None,
        notifier: Notifier | None = None,
        watched: Watched | None = None,
        ran: list[str] | None = None,
    ) -> None:
        self.answers = answers if answers is not None else {}
        self.watched = watched if watched is not None else {}
        self.ran = ran if ran is not None else []
        self.reliance: Mapping[str, object] | None = None
        self.left: list[Leftover] = []
        self._trap = trap or Trap()
        self._notifier = notifier

    def watches(self, context: Context, gate: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - the port's signature
        self._trap.pass_(f"watches {gate}")
        found = self.watched.get(gate, {})
        if found is None:
            raise ChildCrashed("`python -m suites watches` of the release ended with status 1")
        return found

    def divisible(self, context: Context, gate: str) -> bool:  # noqa: ARG002 - the port's signature
        self._trap.pass_(f"divisible {gate}")
        return gate != "failover"

    def take(self, gate: str, roster: Roster, reused: Mapping[str, str], into: Path) -> None:
        """Write nothing: the fake suites do not either."""

    def sweep(self, context: Context, target: Target, *, clear: bool) -> Swept:  # noqa: ARG002 - the port's signature
        self._trap.pass_(f"sweep {context.stage}")
        found = tuple(one for one in self.left if one.component != AWAY)
        unread = (f"{AWAY}: no answer",) if len(found) < len(self.left) else ()
        if not clear:
            return Swept(found, unread)
        tried = tuple(replace(one, why=None) if one.why == ASKED else one for one in found)
        self.left[:] = [one for one in tried if one.why is not None]
        return Swept(tried, unread)

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:  # noqa: ARG002 - the port's signature
        self._trap.pass_(f"before gate {gate}")
        in_leg = f"{gate} in leg {context.leg}"
        keys = (in_leg, f"{gate} of {context.release}", f"{gate} in {context.stage}", gate)
        answer = next((self.answers[key] for key in keys if key in self.answers), "passed")
        self._trap.pass_(f"after gate {gate}")
        outcome, _, breaks = (
            answer.rpartition(", then ") if answer.endswith(tuple(_BREAKS)) else (answer, "", "")
        )
        ended = roster.entries if not breaks else roster.entries[:1] if outcome else ()
        self.ran += [f"{gate} in {context.stage}: {entry.name}" for entry in ended]
        for number, entry in enumerate(ended, 1):
            if self._notifier is not None:
                seen = f"the thing was {outcome}"
                self._notifier.checked(Checked(gate, entry, outcome, seen, number, len(roster.entries)))
        checks = [_row(gate, entry, outcome) for entry in ended]
        report = {"protocol": PROTOCOL, "gate": gate, "complete": not breaks, "checks": checks}
        if self.reliance is not None:
            report["reliance"] = self.reliance
        broke = _BREAKS[breaks].format(within_s=roster.within_s) if breaks else None
        return SuiteRun(json.dumps(report), broke)


def _row(gate: str, entry: RosterEntry, outcome: str) -> Mapping[str, object]:
    return {
        "component": entry.component,
        "host": entry.host,
        "check": entry.check,
        "outcome": "passed" if outcome == "retaken" else outcome,
        "test": f"suites/{gate}/test_{entry.check}.py::test_it",
        "seen": f"the thing was {outcome}",
        "seconds": 0.1,
        "retakes": [_RETAKE] * (outcome == "retaken"),
    }
