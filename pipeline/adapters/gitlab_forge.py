"""The Forge port on a project of GitLab, by python-gitlab.

Nothing is repeated here, and nothing is written that is there: GitLab has no keys that would make a repeated
request harmless, so each thing is looked for first.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from gitlab import Gitlab
from gitlab.exceptions import GitlabError
from gitlab.v4.objects import ProjectRelease

from pipeline.adapters.gitlab_http import BoundedSession, understood
from pipeline.core.approval import GivenApproval
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.messages import CommitStatus, Deployment, Issue, Note, ReleasePage

_LIMIT_S = 20.0  # for one request and its answer
_SKEW_S = 600  # by how much the clocks of GitLab and of the site may differ
_LABEL = "stagegate"
_PER_PAGE = 100  # the most that GitLab has on one
_BAD, _CONFLICT, _NOT_FOUND = 400, 409, 404


class GitlabForge:
    """One project of one GitLab, with one token: of a job if `of_job`, which may do less.

    A request and its answer may take `limit_s` seconds.
    """

    def __init__(
        self, url: str, project: str, token: str, *, of_job: bool = False, limit_s: float = _LIMIT_S
    ) -> None:
        session: Any = BoundedSession(limit_s)
        server = Gitlab(
            url.rstrip("/"),
            private_token=None if of_job else token,
            job_token=token if of_job else None,
            session=session,
            keep_base_url=True,
            user_agent="stagegate",
            per_page=_PER_PAGE,
        )
        self._server = server
        self._name = project
        # It is not fetched: a job token may not do that.
        self._project = server.projects.get(project, lazy=True)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._server.url

    @property
    def project(self) -> str:
        """The project, by its path or number."""
        return self._name

    def set_status(self, status: CommitStatus) -> str:
        """Post the status, unless the one with this mark is as far already."""
        with understood(f"the status {status.name} of {status.commit}"):
            seen = self._status(status)
            if seen is not None and seen.status == status.progress.value:
                return str(seen.id)
            wanted = {
                "state": status.progress.value,
                "name": status.name,
                "description": status.description,
                "target_url": status.url,
                "ref": status.ref,
                "pipeline_id": status.pipeline,
            }
            statuses = self._project.commits.get(status.commit, lazy=True).statuses
            try:
                made = statuses.create({key: value for key, value in wanted.items() if value})
            except GitlabError as problem:
                # It may have been set by a request whose answer was lost, and is then no transition.
                seen = self._status(status) if problem.response_code == _BAD else None
                if seen is None or seen.status != status.progress.value:
                    raise
                made = seen
            return str(made.id)

    def _status(self, status: CommitStatus) -> Any | None:  # noqa: ANN401 - an object of python-gitlab
        """The newest status with this mark."""
        statuses = self._project.commits.get(status.commit, lazy=True).statuses
        # Older attempts, too. As an argument of its own, `all` would be python-gitlab's, and not be sent.
        wanted = {"name": status.name, "all": "true"}
        rows = statuses.list(query_parameters=wanted, iterator=True)
        own = (row for row in rows if str(row.description or "").startswith(f"{status.mark}:"))
        return max(own, key=lambda row: int(row.id), default=None)

    def set_deployment(self, deployment: Deployment, known: str, newest: str) -> str:
        """Create the deployment, or bring it as far as it is."""
        with understood(f"a deployment into {deployment.environment}"):
            deployments, wanted = self._project.deployments, deployment.progress.value
            seen = deployments.get(int(known)) if known else self._lost(deployment, int(newest or 0))
            if seen is None:
                made = deployments.create(
                    {
                        "environment": deployment.environment,
                        "sha": deployment.commit,
                        "ref": deployment.ref or deployment.commit,
                        "tag": False,
                        "status": wanted,
                    }
                )
                return str(made.id)
            if seen.status != wanted:
                try:
                    deployments.update(seen.id, {"status": wanted})
                except GitlabError as problem:
                    if problem.response_code != _BAD or deployments.get(seen.id).status != wanted:
                        raise
            return str(seen.id)

    def _lost(self, deployment: Deployment, newest: int) -> Any | None:  # noqa: ANN401 - of python-gitlab
        """The deployment that was made by a request whose answer was lost; jobs make theirs themselves."""
        rows = self._project.deployments.list(
            environment=deployment.environment, order_by="id", sort="desc", iterator=True
        )
        for row in rows:
            if int(row.id) <= newest or _moment(row.created_at) < deployment.since - _SKEW_S:
                return None
            if row.sha == deployment.commit and row.deployable is None:
                return row
        return None

    def put_note(self, note: Note) -> str:
        """Write the note, or update it in place."""
        with understood(f"the merge request of {note.commit}"):
            iid = note.request or self._brought_by(note.commit)
            if iid is None:
                return ""
            notes = self._project.mergerequests.get(iid, lazy=True).notes
            first = _marker(note.mark)
            body = f"{first}\n{note.body}"
            rows = notes.list(sort="asc", order_by="created_at", iterator=True)
            seen = next((row for row in rows if row.body.startswith(first)), None)
            if seen is None:
                return str(notes.create({"body": body}).id)
            if seen.body != body:
                notes.update(seen.id, {"body": body})
            return str(seen.id)

    def _brought_by(self, commit: str) -> int | None:
        """The merge request that brought the commit: the first of those that have it and are merged."""
        found = self._project.commits.get(commit, lazy=True).merge_requests(get_all=True)
        rows: Iterable[Any] = found if isinstance(found, list) else ()
        return min((int(row["iid"]) for row in rows if row["state"] == "merged"), default=None)

    def open_issue(self, issue: Issue) -> str:
        """Open the issue, unless there is one with this mark."""
        with understood("issues"):
            first = _marker(issue.mark)
            after = datetime.fromtimestamp(issue.since - _SKEW_S, UTC).isoformat()
            rows = self._project.issues.list(labels=[_LABEL], created_after=after, iterator=True)
            seen = next((row for row in rows if str(row.description or "").startswith(first)), None)
            if seen is None:
                body = f"{first}\n{issue.body}"
                seen = self._project.issues.create(
                    {
                        "title": issue.title,
                        "description": body,
                        "labels": _LABEL,
                    }
                )
            return str(seen.iid)

    def publish_release(self, page: ReleasePage) -> str:
        """Publish the release with a tag of its own, and add the links that it lacks."""
        with understood(f"the release {page.tag}"):
            release = self._release(page.tag)
            if release is None:
                wanted = {"tag_name": page.tag, "ref": page.commit, "name": page.name}
                with _unless(_CONFLICT):  # it was published by a request whose answer was lost
                    self._project.releases.create({**wanted, "description": page.body})
                release = self._project.releases.get(page.tag)
            if (release.name, release.description) != (page.name, page.body):
                self._project.releases.update(page.tag, {"name": page.name, "description": page.body})
            there = {link.name for link in release.links.list(iterator=True)}
            for link in page.links:
                if link.name not in there:
                    release.links.create({"name": link.name, "url": link.url, "link_type": "other"})
            return page.tag

    def _release(self, tag: str) -> ProjectRelease | None:
        with _unless(_NOT_FOUND):
            return self._project.releases.get(tag)
        return None

    def freeze_periods(self) -> Sequence[FreezePeriod]:
        """All of them; python-gitlab has no object for them."""
        with understood("freeze periods"):
            path = f"/projects/{self._project.encoded_id}/freeze_periods"
            rows: Iterable[Any] = self._server.http_list(path, iterator=True)
            return tuple(
                FreezePeriod(str(row["freeze_start"]), str(row["freeze_end"]), str(row["cron_timezone"]))
                for row in rows
            )

    def approvals(self, commit: str, environment: str) -> Sequence[GivenApproval]:
        """Those of the newest deployment. A GitLab without Premium has none."""
        with understood(f"approvals of deployments into {environment}"):
            rows = self._project.deployments.list(
                environment=environment, order_by="id", sort="desc", iterator=True
            )
            newest = next((row for row in rows if row.sha == commit), None)
            if newest is None:
                return ()
            given = self._project.deployments.get(newest.id).attributes.get("approvals") or ()
            return tuple(
                GivenApproval(one["user"]["username"], one["status"] == "approved", one.get("comment") or "")
                for one in given
            )


def _marker(mark: str) -> str:
    """The first line of what is found again by it; people don't see it."""
    return f"<!-- stagegate {mark} -->"


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def _unless(code: int) -> Iterator[None]:
    """Go on after an answer with this code."""
    try:
        yield
    except GitlabError as problem:
        if problem.response_code != code:
            raise
