"""docs/gates.md as text: counts, what no defect proves red, and a table for each component."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import gate_checks
import gate_proofs
from gate_checks import ORDER, Check
from gate_proofs import Seeded

from suites.harness.component import Component

# Checks of every component that say the same of each: told once.
ALIKE = (
    "versions",
    "runs_as_declared",
    "hosts_agree",
    "journal",
    "disk",
    "clock",
    "data_is_its_own",
    "dependencies_answer",
    "all_it_names_answers",
    "own_queue_is_answered",
    "record_is_read_back",
    "journal_patterns_used",
)
HEAD = """# What the gates check

Made from the code by `python setup/gates_page`, which writes this page; a test says when it is out of date.
The words of each judgement are those of the function that judges. "Asked" is where a check gets what it
judges: from each host, from all hosts of the component together, through the VIP, or at hosts' own addresses.

A check is proved red in one of two ways. A *seeded defect* is put into a standing stage by a test, and the
check must be red for the right reason. A *tested judgement* never met a defect: a unit test shows it readings
that do not hold. What such a check reads, and whether it reads it where it should, is not proved by that. How
faults are judged is the same for all of them, and tested in `tests/unit/suites/test_analysis_verdicts.py`.
A defect that was not put into a stage so far (`UNTRIED` of its file) proves nothing, and is not counted.
What the final gate makes once more is told with smoke, which makes it first.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """All checks, and by the path of each the defects and the tests that prove it red."""

    components: Mapping[str, Component]
    checks: Sequence[Check]
    seeded: Mapping[str, Sequence[Seeded]]
    tested: Mapping[str, Sequence[str]]

    def text(self) -> str:
        """Return the page."""
        parts = [HEAD, self._counts(), self._unproved(), self._alike()]
        parts += [self._component(name) for name in sorted(self.components)]
        return "\n".join(parts)

    def unproved(self) -> tuple[Check, ...]:
        """Return the checks that no defect proves red."""
        return tuple(one for one in self.checks if not self.seeded.get(one.path))

    def _counts(self) -> str:
        rows = [[gate, *map(str, self._counted(self._of(gate)))] for gate in ORDER]
        rows.append(["all", *map(str, self._counted(self.checks))])
        header = ("gate", "checks", "a seeded defect", "a tested judgement only", "nothing")
        defects = {(one.name, one.seen_by) for many in self.seeded.values() for one in many}
        total, proved, *_ = self._counted(self.checks)
        told = f"{total - proved} of {total} checks are proved red by no seeded defect; "
        told += f"{len(defects)} seeded defects prove {proved}."
        return "\n".join(["## How many are proved red", "", told, "", *_table(header, rows), ""])

    def _of(self, gate: str) -> list[Check]:
        return [one for one in self.checks if one.gate == gate]

    def _counted(self, checks: Sequence[Check]) -> tuple[int, int, int, int]:
        """Return how many there are, and how many of them have which proof: a defect, a test alone, none."""
        seeded = [one for one in checks if self.seeded.get(one.path)]
        tested = [one for one in checks if one not in seeded and self.tested.get(one.path)]
        return len(checks), len(seeded), len(tested), len(checks) - len(seeded) - len(tested)

    def _unproved(self) -> str:
        """Return the list of those without a defect, by gate and component."""
        lines = [
            "## Proved red by no seeded defect",
            "",
            "Those in bold have no tested judgement either.",
            "",
        ]
        for gate in ORDER:
            by_component: dict[str, list[str]] = {}
            for check in self.unproved():
                if check.gate == gate:
                    named = f"`{check.name}`" if self.tested.get(check.path) else f"**`{check.name}`**"
                    by_component.setdefault(check.component, []).append(named)
            lines += [
                f"- {gate}",
                *(f"  - {name}: {', '.join(by_component[name])}" for name in sorted(by_component)),
            ]
        return "\n".join([*lines, ""])

    def _alike(self) -> str:
        rows = []
        for name in ALIKE:
            of_all = [one for one in self.checks if one.gate == "smoke" and one.name == name]
            seeded = [one.component for one in of_all if self.seeded.get(one.path)]
            told = ", ".join(seeded) or "nothing"
            rows += [[f"`{name}`", of_all[0].where, of_all[0].says_whether, told]] if of_all else []
        header = ("check", "asked", "says whether", "a seeded defect for")
        return "\n".join(["## Checks that are alike for all components", "", *_table(header, rows), ""])

    def _component(self, name: str) -> str:
        own = [one for one in self.checks if one.component == name]
        lines = [f"## {name}", "", *_relies(self.components[name], own), ""]
        header = ("gate", "check", "asked", "says whether", "proved red by")
        return "\n".join([*lines, *_table(header, [self._row(one) for one in own]), ""])

    def _row(self, check: Check) -> list[str]:
        alike = check.gate == "smoke" and check.name in ALIKE
        says = "as for all" if alike else check.says_whether
        return [check.gate, f"`{check.name}`", check.where, says, self._proofs(check)]

    def _proofs(self, check: Check) -> str:
        seeded = [f"`{one.name}`" for one in self.seeded.get(check.path, ())]
        tests = [_link(file) for file in self.tested.get(check.path, ())]
        return ", ".join(seeded) or (f"tested judgement: {', '.join(tests)}" if tests else "nothing")


def made() -> Page:
    """Return the page of the code as it is now. Raises LookupError where the code contradicts itself."""
    checks = gate_checks.checks()
    seeded = gate_proofs.seen_by(gate_proofs.seeded(), {one.path for one in checks})
    return Page(gate_checks.components(), checks, seeded, gate_proofs.judged_red(checks))


NOT_ASKED = "- It has no check of its own of what its hosts ask."


def _relies(component: Component, checks: Iterable[Check]) -> Iterator[str]:
    """Yield what a component relies on, as far as it is declared or its checks look at it."""
    asked = ", ".join(component.depends_on)
    yield f"- Each of its hosts asks, and must get an answer from: {asked}." if asked else NOT_ASKED
    works = ", ".join(sorted(component.used_with - {component.name}))
    yield f"- It does its job with: {works}." if works else "- It does its job by itself."
    others = ", ".join(sorted({name for one in checks for name in one.watches} - {component.name}))
    yield f"- Its checks look besides at: {others}." if others else "- Its checks look at nothing else."


def _link(file: str) -> str:
    return f"[{file.rpartition('/')[2].removeprefix('test_').removesuffix('.py')}](../{file})"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
