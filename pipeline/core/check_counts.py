"""How often each check was green, inconclusive and red, over several judgements of its gate. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.gate_events import GateJudged
from pipeline.core.verdict import Finding, Verdict, worst

# Stands for the gate itself where it could not start, or its suite did not finish.
WHOLE = "-"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """What one judgement found of a check: the worst over its hosts, and the hosts that did not pass.

    `component` is WHOLE where it is about the gate itself.
    """

    attempt: str
    gate: str
    component: str
    check: str
    verdict: Verdict
    hosts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The check as a line names it, `component/check`; of the gate itself, what a person calls that."""
        return "the gate itself" if self.component == WHOLE else f"{self.component}/{self.check}"


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How often a check was judged, and how; where and in which attempts it did not pass."""

    gate: str
    component: str
    check: str
    name: str
    runs: int
    inconclusive: int
    red: int
    hosts: tuple[str, ...]
    attempts: tuple[str, ...]

    @property
    def green(self) -> int:
        """In how many runs it passed."""
        return self.runs - self.inconclusive - self.red

    @property
    def steady(self) -> bool:
        """Whether it passed in every run."""
        return self.green == self.runs


def verdicts_of(judged: GateJudged) -> Iterator[CheckVerdict]:
    """What a judgement found of each check that was run for it, and of the gate itself: whether it ran whole.

    Reused checks were not run. Where the suite did not finish, of the checks only those that were seen to
    fail count: that others were not seen is told once, of the gate itself.
    """
    findings = judged.evidence.findings
    whole = [finding.verdict for finding in findings if not finding.component]
    entries = judged.roster.entries if judged.roster else ()
    run = [entry for entry in entries if entry.name not in judged.reused]
    by_check: dict[tuple[str, str], list[Finding]] = {}
    if whole or judged.roster is None:
        findings = tuple(finding for finding in findings if finding.verdict is Verdict.FAIL)
        yield _verdict(judged, (WHOLE, judged.gate), worst(whole), ())
    elif run:
        by_check = {(entry.component, entry.check): [] for entry in run}
        yield _verdict(judged, (WHOLE, judged.gate), Verdict.PASS, ())
    for finding in findings:
        if finding.component:
            by_check.setdefault((finding.component, finding.check), []).append(finding)
    for check, found in by_check.items():
        verdict = worst((Verdict.PASS, *(finding.verdict for finding in found)))
        yield _verdict(judged, check, verdict, tuple(dict.fromkeys(finding.host for finding in found)))


def _verdict(
    judged: GateJudged, check: tuple[str, str], verdict: Verdict, hosts: tuple[str, ...]
) -> CheckVerdict:
    return CheckVerdict(judged.attempt, judged.full_name, *check, verdict, hosts)


def counted(verdicts: Iterable[CheckVerdict]) -> tuple[CheckCount, ...]:
    """The counts of each check of each gate, in the order in which the checks were first judged."""
    by_check: dict[tuple[str, str, str], list[CheckVerdict]] = {}
    for one in verdicts:
        by_check.setdefault((one.gate, one.component, one.check), []).append(one)
    return tuple(_count(many) for many in by_check.values())


def _count(many: list[CheckVerdict]) -> CheckCount:
    first, told = many[0], [one.verdict for one in many]
    others = [one for one in many if one.verdict is not Verdict.PASS]
    return CheckCount(
        gate=first.gate,
        component=first.component,
        check=first.check,
        name=first.name,
        runs=len(many),
        inconclusive=told.count(Verdict.INCONCLUSIVE),
        red=told.count(Verdict.FAIL),
        hosts=tuple(sorted({host for one in others for host in one.hosts})),
        attempts=tuple(dict.fromkeys(one.attempt for one in others)),
    )
