"""What is told of one attempt, and in which words. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.core.actions import why_not_rolled_back
from pipeline.core.attempt import Attempt
from pipeline.core.causes import Cause, causes_of
from pipeline.core.forge_rule import DeploymentOwner
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.messages import CommitStatus, Deployment, Issue, Link, Message, Note, Progress, ReleasePage
from pipeline.core.release import SHORT, Release

_MOST_FINDINGS = 20
_LONGEST = 200  # characters of what was seen; the rest is in the evidence

_PROGRESS = {
    Outcome.VERIFIED: Progress.SUCCESS,
    Outcome.ROLLED_BACK: Progress.SUCCESS,
    Outcome.REDEPLOYED: Progress.SUCCESS,
    Outcome.RETIRED: Progress.SUCCESS,
    Outcome.ABORTED: Progress.CANCELED,
    Outcome.REFUSED: Progress.CANCELED,  # nothing was performed
}
_NOUNS = {
    Kind.PROMOTE: "promotion",
    Kind.ROLLBACK: "rollback",
    Kind.GATE: "gate",
    Kind.REDEPLOY: "redeployment",
    Kind.RETIRE: "retirement",
}
# How an attempt ends that nobody asked for: it wants a person, also if a rollback has repaired the stage.
_ALARMING = {
    Outcome.FAILED,
    Outcome.INCONCLUSIVE,
    Outcome.ROLLOUT_FAILED,
    Outcome.UNPLANNED,
    Outcome.ROLLBACK_FAILED,
}


@dataclass(frozen=True, slots=True)
class Tale:
    """All that the messages about an attempt are made of.

    `site` is the mark of the site. `proofs` are the attempts that verified the release in the stages before.
    `last` is whether its stage is the last of the line, `owner` who records deployments into it.
    """

    attempt: Attempt
    release: Release
    site: str
    proofs: tuple[Attempt, ...] = ()
    last: bool = False
    owner: DeploymentOwner = DeploymentOwner.WHOEVER

    @property
    def mark(self) -> str:
        """The name of the attempt among those of all sites that tell this forge."""
        return f"{self.attempt.id}@{self.site}"

    @property
    def progress(self) -> Progress:
        """How far it is; failed, unless its end is another one."""
        end = self.attempt.outcome
        return Progress.RUNNING if end is None else _PROGRESS.get(end, Progress.FAILED)

    @property
    def summary(self) -> str:
        """Its outcome and the verdicts of its gates, in a line."""
        end = self.attempt.outcome
        # A forge lets nobody change the text of a status that is under way; and people ask about the end.
        seen = self.attempt.evidence if end is not None else {}
        gates = [f"{gate} {item.verdict.value}" for gate, item in seen.items()]
        return "; ".join(("under way" if end is None else words(end), *gates))


def words(outcome: Outcome) -> str:
    """An outcome as a person reads it: `rollout failed`."""
    return outcome.value.replace("_", " ")


def messages(tale: Tale) -> Iterable[tuple[str, Message]]:
    """What is told of the attempt as it is now, each with its kind. Nothing of an ad hoc gate."""
    attempt = tale.attempt
    if attempt.kind is Kind.PROMOTE:
        yield "status", _status(tale)
    if _is_deployment(tale):
        commit, since = tale.release.pin.commit, int(attempt.started_at)
        ref = attempt.job.ref if attempt.job and attempt.job.commit == commit else ""
        yield "deployment", Deployment(commit, attempt.stage, tale.progress, since, ref)
    if attempt.kind is Kind.PROMOTE:
        yield "note", _note(tale)
    if attempt.outcome in _ALARMING:
        yield "issue", _issue(tale)
    if attempt.kind is Kind.PROMOTE and attempt.outcome is Outcome.VERIFIED and tale.last:
        yield "release", _page(tale)


def _is_deployment(tale: Tale) -> bool:
    """Whether it is a deployment that nobody else records: each has one owner, the job or Stagegate.

    The line may say who. Else it is the job, if it makes one by itself, and a forge keeps how that ended. Of
    what went on outside of it, it is told.
    """
    attempt = tale.attempt
    if attempt.kind not in (Kind.PROMOTE, Kind.ROLLBACK) or not attempt.touched:
        return False
    if tale.owner is not DeploymentOwner.WHOEVER:
        return tale.owner is DeploymentOwner.API
    job = attempt.driven_by
    return job is None or not job.deploys(tale.release.pin.commit, attempt.stage)


def _status(tale: Tale) -> CommitStatus:
    attempt, commit = tale.attempt, tale.release.pin.commit
    job = attempt.job
    own = job is not None and job.commit == commit  # another commit's pipeline is none of this one's business
    return CommitStatus(
        mark=tale.mark,
        commit=commit,
        name=f"stagegate/{attempt.stage}",
        progress=tale.progress,
        description=f"{tale.mark}: {tale.summary}"[:255],
        url=job.url if job else "",
        ref=job.ref if job and own else "",
        pipeline=job.pipeline if job and own else 0,
    )


def _note(tale: Tale) -> Note:
    attempt, release = tale.attempt, tale.release
    lines = [f"**{attempt.stage}**: {release.alias} {tale.summary}", "", *_facts(tale)]
    mark = f"{attempt.stage} {release.id[:SHORT]}@{tale.site}"
    return Note(mark, release.pin.commit, "\n".join([*lines, *_findings(attempt)]))


def _issue(tale: Tale) -> Issue:
    attempt, alias = tale.attempt, tale.release.alias
    title = f"{attempt.stage}: {_NOUNS[attempt.kind]} of {alias} {words(attempt.outcome or Outcome.FAILED)}"
    why = why_not_rolled_back(attempt)
    left = [] if why is None else ["", f"The stage is not rolled back, and is unverified: {quoted(why)}"]
    next_ = ["", f"Next: `promote show {attempt.id}`"]
    body = "\n".join([*_facts(tale), *_findings(attempt), *left, *next_])
    return Issue(tale.mark, f"{title} ({attempt.id})", body, int(attempt.started_at))


def _page(tale: Tale) -> ReleasePage:
    release, seen = tale.release, (*tale.proofs, tale.attempt)
    body = [
        f"- code: {quoted(release.pin.code)}",
        f"- config: {quoted(release.pin.config)}, revision {quoted(release.pin.config_revision)}",
        *(f"- {one.stage}: verified by {one.id}" for one in seen),
    ]
    # By the job's page: one job may have brought it through several stages, and a release has a link once.
    whose: dict[str, list[str]] = {}
    for one in seen:
        if one.job is not None:
            whose.setdefault(one.job.url, []).append(f"{one.stage} ({one.id})")
    links = tuple(
        Link(f"evidence of {', '.join(names)}", f"{url}/artifacts/browse") for url, names in whose.items()
    )
    tag = f"stagegate-{release.alias}-{tale.site}"
    return ReleasePage(tag, release.pin.commit, release.alias, "\n".join(body), links)


def _facts(tale: Tale) -> Sequence[str]:
    attempt = tale.attempt
    job = [f"- job: {attempt.job.url}"] if attempt.job else []
    return (
        f"- attempt: {attempt.id}, a {_NOUNS[attempt.kind]} begun by {quoted(str(attempt.by))}",
        f"- release: {tale.release.alias} {quoted(tale.release.id[:SHORT])} of {tale.release.pin.commit}",
        *job,
    )


def _findings(attempt: Attempt) -> Sequence[str]:
    """What did not pass, a line each; of what gates found the causes, with their consequences counted."""
    found = [
        f"- {gate}: {quoted(f'{one.name()} on {one.host}: {one.seen}')}{_consequences(cause)}"
        for gate, evidence in attempt.evidence.items()
        for cause in causes_of(evidence)
        for one in (cause.finding,)
    ]
    found += [f"- {step}: {quoted(trouble.line())}" for step, trouble in attempt.failures.items()]
    found += [f"- plan: {quoted(why)}" for why in attempt.plan.refusals]
    if attempt.plan_trouble is not None:
        found.append(f"- plan: {quoted(attempt.plan_trouble.line())}")
    more = len(found) - _MOST_FINDINGS
    return ("", *found[:_MOST_FINDINGS], *([f"- and {more} more"] if more > 0 else ())) if found else ()


def _consequences(cause: Cause) -> str:
    count = len(cause.consequences)
    return f" and {count} likely {'consequence' if count == 1 else 'consequences'}" if count else ""


def quoted(text: str) -> str:
    """The text as code in one line, so that the forge sees no mention, reference or command in it."""
    line = " ".join(text.replace("`", "'").split())
    return f"`{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}`"
