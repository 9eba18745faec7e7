"""The state of the fake's one project, as rows with the fields that GitLab documents."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.testing.gitlab.calls import Row

_USER = {"id": 5, "username": "stagegate-bot", "name": "Stagegate", "state": "active"}


@dataclass(slots=True)
class Project:
    """What the project holds. `now` is its clock, in seconds since 1970.

    `commits` are those that it knows; None: any. `notes` are by the number of their merge request. Without
    `premium` it has no protected environments, and no approvals of deployments.
    """

    now: Callable[[], float]
    id: int = 42
    path: str = "group/project"
    premium: bool = True
    commits: set[str] | None = None
    environments: list[Row] = field(default_factory=list)
    deployments: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    merge_requests: list[Row] = field(default_factory=list)
    notes: dict[int, list[Row]] = field(default_factory=dict)
    issues: list[Row] = field(default_factory=list)
    releases: list[Row] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    freeze_periods: list[Row] = field(default_factory=list)
    protected_environments: list[Row] = field(default_factory=list)
    last_id: int = 100

    def next_id(self) -> int:
        """An id that nothing has: GitLab counts each kind on its own, but they only grow."""
        self.last_id += 1
        return self.last_id

    def moment(self) -> str:
        """The time now, as GitLab writes it."""
        text = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def user(self) -> Row:
        """Who the token belongs to."""
        return dict(_USER)

    def knows(self, commit: str) -> bool:
        """Whether the repository has the commit."""
        return self.commits is None or commit in self.commits

    def environment(self, name: str) -> Row:
        """The environment of this name, made if need be."""
        for row in self.environments:
            if row["name"] == name:
                return row
        row = {"id": self.next_id(), "name": name, "slug": name, "state": "available", "external_url": None}
        self.environments.append(row)
        return row

    def merged(self, iid: int, commit: str, state: str = "merged") -> None:
        """Add a merge request with this commit."""
        self.merge_requests.append(
            {
                "id": self.next_id(),
                "iid": iid,
                "project_id": self.id,
                "title": f"Change {iid}",
                "state": state,
                "sha": commit,
                "merge_commit_sha": commit,
            }
        )

    def deployed(self, commit: str, environment: str, status: str = "running", job: int | None = None) -> Row:
        """Add a deployment: by a job, if one is named, which nobody else may change."""
        row = {
            "id": self.next_id(),
            "iid": len(self.deployments) + 1,
            "ref": "main",
            "sha": commit,
            "created_at": self.moment(),
            "updated_at": self.moment(),
            "status": status,
            "user": self.user(),
            "environment": self.environment(environment),
            "deployable": None if job is None else {"id": job, "name": environment, "status": status},
            "approvals": [],
            "pending_approval_count": 0,
        }
        self.deployments.append(row)
        return row
