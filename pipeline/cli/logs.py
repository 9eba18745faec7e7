"""What the gates of an attempt wrote while they ran: the output.log of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.errors import UsageProblem
from pipeline.core.verdict import Verdict

_FIRST: Mapping[Verdict | None, int] = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, None: 2, Verdict.PASS: 3}


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a gate's last run; no verdict yet while it runs. `text` is None where `why` says why."""

    gate: str
    verdict: Verdict | None
    path: Path
    text: str | None
    why: str | None = None

    def data(self) -> dict[str, object]:
        """As JSON data."""
        known = {"gate": self.gate, "verdict": plain(self.verdict), "path": str(self.path)}
        return {**known, "text": self.text, "why": self.why}

    def lines(self) -> Iterator[str]:
        """Where it is and what is in it."""
        yield f"gate {self.gate}: {self.verdict.value if self.verdict else 'not judged'}; {self.path}"
        if self.text is None:
            yield f"it cannot be shown: {self.why}"
        else:
            yield from self.text.splitlines()


def logs_of(attempt: Attempt, site: Path, gate: str | None) -> tuple[Log, ...]:
    """The logs of the attempt's gates, or of one gate; those that did not pass are first.

    Raises UsageProblem if the gate, or any, has not run.
    """
    ran = {name: site / place for name, place in attempt.directories.items() if gate in (None, name)}
    if not ran:
        raise UsageProblem(
            f"{f'gate {gate}' if gate else 'no gate'} has {'not ' if gate else ''}run in {attempt.id}",
            where=str(site / "runs" / attempt.id),
            why=f"gates that ran: {', '.join(attempt.directories) or 'none'}",
            next=f"promote show {attempt.id}",
        )
    found = [_log(attempt, name, place) for name, place in ran.items()]
    return tuple(sorted(found, key=lambda log: _FIRST[log.verdict]))


def _log(attempt: Attempt, gate: str, directory: Path) -> Log:
    evidence, path = attempt.evidence.get(gate), directory / "output.log"
    verdict = evidence.verdict if evidence else None
    try:
        return Log(gate, verdict, path, path.read_text(errors="replace"))
    except OSError as problem:
        gone = "" if directory.is_dir() else "; its evidence is gone, as after `promote prune`"
        return Log(gate, verdict, path, None, f"{problem.strerror}{gone}")
