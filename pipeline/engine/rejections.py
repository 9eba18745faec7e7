"""Reject: a release enters no stage any more, until the rejection is withdrawn."""

from pipeline.core import events as ev
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.release import Release, find_release
from pipeline.workshop import Office


def reject(office: Office, name: str, reason: str) -> Release:
    """Reject a release; one that stands somewhere stays there.

    Raises UsageProblem for an unknown release, NotEligible when it is rejected already.
    """
    history = office.history()
    release = find_release(history.releases.values(), name)
    if release.id in history.rejections:
        raise NotEligible(f"{release.alias} is rejected already", why=_why(history, release))
    office.ledger.append([ev.ReleaseRejected(release.id, reason, office.actor)])
    return release


def withdraw(office: Office, name: str, reason: str) -> Release:
    """Withdraw the rejection of a release. Raises UsageProblem, or NotEligible when there is none."""
    history = office.history()
    release = find_release(history.releases.values(), name)
    if release.id not in history.rejections:
        raise NotEligible(f"{release.alias} is not rejected", next="promote releases")
    office.ledger.append([ev.RejectionWithdrawn(release.id, reason, office.actor)])
    return release


def _why(history: History, release: Release) -> str:
    found = history.rejections[release.id]
    return f"by {found.by}: {found.reason}"
