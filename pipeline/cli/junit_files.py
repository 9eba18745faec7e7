"""Writes the JUnit files of copied evidence anew, with names that are unique in the run."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.cli.checks_reported import reported_in
from pipeline.cli.junit import cases, junit
from pipeline.cli.output import warn
from pipeline.core.attempt import Attempt
from pipeline.core.errors import UsageProblem
from pipeline.core.verdict import Evidence

_FIRST_START = re.compile(r"-1$")  # a gate that is begun once has the same name in each run


def rename_cases(attempts: Iterable[Attempt], into: Path) -> None:
    """Replace the junit.xml beside each report of the attempts, which were copied to `into/<attempt>/`.

    Cases are named by stage, kind of attempt, leg, gate and component, and by check and host; nothing in them
    is an attempt's name, which is another one in the next run. Beside a damaged report, the file stays as it
    is, which a warning on stderr says. Raises OSError.
    """
    taken: set[str] = set()
    for attempt in attempts:
        root = into / attempt.id
        for report in sorted(root.rglob("report.json")):
            folder = report.parent.relative_to(root).as_posix()
            gate = _FIRST_START.sub("", folder).replace("/", ".")
            place = f"{attempt.stage}.{attempt.kind.value}.{gate}"
            try:
                ran = reported_in(report)
            except UsageProblem as problem:
                warn("; ".join([*problem.lines(), "the junit.xml beside it keeps the names that it has"]))
                continue
            told = cases(place, ran, _evidence(attempt, folder))
            report.with_name("junit.xml").write_text(junit(place, told, taken), encoding="utf-8")


def _evidence(attempt: Attempt, folder: str) -> Evidence | None:
    """The verdict on what was left in a folder of the attempt; None if there is none, as after a crash."""
    return next(
        (one for directory, one in _judged(attempt) if directory == f"runs/{attempt.id}/{folder}"), None
    )


def _judged(attempt: Attempt) -> Iterator[tuple[str, Evidence]]:
    for gate, evidence in attempt.evidence.items():
        yield attempt.directories.get(gate, ""), evidence
    for states in attempt.shards.values():
        yield from ((state.directory, state.report.evidence) for state in states if state.report is not None)
