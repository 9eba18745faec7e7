"""What a GitLab must hold in the end, by the attempts of a site alone: written apart from what tells it."""

from collections import Counter
from collections.abc import Iterable

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.testing.gitlab import Project
from pipeline.testing.gitlab.calls import Row

ENDS = {
    None: "running",
    Outcome.VERIFIED: "success",
    Outcome.ROLLED_BACK: "success",
    Outcome.ABORTED: "canceled",
    Outcome.REFUSED: "canceled",
}
NO_ALARM = {None, Outcome.VERIFIED, Outcome.ROLLED_BACK, Outcome.ABORTED, Outcome.REFUSED, Outcome.OBSERVED}


def found(history: History, project: Project) -> list[str]:
    """What is missing, wrong, or there twice."""
    attempts = list(history.attempts.values())
    promotions = [one for one in attempts if one.kind is Kind.PROMOTE]
    newest = {(one.stage, one.release): one.id for one in promotions}
    last = history.line.names()[-1] if history.line else ""
    through = {
        commit(history, one) for one in promotions if (one.stage, one.outcome) == (last, Outcome.VERIFIED)
    }
    wanted = {
        "statuses": sorted((one.id, commit(history, one), one.stage, end(one)) for one in promotions),
        "deployments": _by_environment(
            (one.stage, (commit(history, one), end(one)))
            for one in attempts
            if one.touched and one.kind in (Kind.PROMOTE, Kind.ROLLBACK)
        ),
        "notes": Counter(newest.values()),
        "issues": sorted(one.id for one in attempts if one.outcome not in NO_ALARM),
        "releases": sorted(through),
    }
    seen = {
        "statuses": sorted(map(_status, project.statuses)),
        "deployments": _by_environment(
            (row["environment"]["name"], (row["sha"], row["status"])) for row in project.deployments
        ),
        "notes": _notes(project),
        "issues": sorted(row["title"].rpartition("(")[2].rstrip(")") for row in project.issues),
        "releases": sorted(row["commit"]["id"] for row in project.releases),
    }
    return [f"{what}: {seen[what]} and not {wanted[what]}" for what in wanted if seen[what] != wanted[what]]


def commit(history: History, attempt: Attempt) -> str:
    return history.releases[attempt.release].pin.commit


def end(attempt: Attempt) -> str:
    return ENDS.get(attempt.outcome, "failed")


def _status(row: Row) -> tuple[str, str, str, str]:
    """The attempt, the commit, the stage, and how it is."""
    attempt, stage = row["description"].partition("@")[0], row["name"].partition("/")[2]
    return attempt, row["sha"], stage, row["status"]


def _by_environment(rows: Iterable[tuple[str, tuple[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    """In each environment the deployments in their order: the last one is what people see."""
    deployments: dict[str, list[tuple[str, str]]] = {}
    for environment, deployment in rows:
        deployments.setdefault(environment, []).append(deployment)
    return deployments


def _notes(project: Project) -> Counter[str]:
    """How many notes are about which attempt, by the line that names it."""
    return Counter(
        line.removeprefix("- attempt: ").partition(",")[0]
        for rows in project.notes.values()
        for row in rows
        for line in row["body"].splitlines()
        if line.startswith("- attempt: ")
    )
