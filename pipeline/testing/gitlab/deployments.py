"""Environments, deployments, and what guards them."""

from collections.abc import Sequence

from pipeline.testing.gitlab.calls import Refusal, Request, Row, found
from pipeline.testing.gitlab.project import Project

_STATUSES = ("running", "success", "failed", "canceled")


def list_environments(project: Project, request: Request) -> Sequence[Row]:
    name = request.query.get("name")
    return [row for row in project.environments if name in (None, row["name"])]


def create_environment(project: Project, request: Request) -> Row:
    (name,) = request.required("name")
    if any(row["name"] == name for row in project.environments):
        raise Refusal(400, {"name": ["has already been taken"]})
    return project.environment(name)


def list_deployments(project: Project, request: Request) -> Sequence[Row]:
    query = request.query
    rows = [
        row
        for row in project.deployments
        if query.get("environment") in (None, row["environment"]["name"])
        and query.get("status") in (None, row["status"])
    ]
    # As documented, ascending by id unless asked otherwise. The list has no approvals.
    rows.sort(key=lambda row: row[query.get("order_by", "id")], reverse=query.get("sort") == "desc")
    return [{key: value for key, value in row.items() if "approval" not in key} for row in rows]


def get_deployment(project: Project, request: Request) -> Row:
    row = found(project.deployments, "Not found", id=request.number("id"))
    return row if project.premium else {key: value for key, value in row.items() if "approval" not in key}


def create_deployment(project: Project, request: Request) -> Row:
    environment, commit, ref = request.required("environment", "sha", "ref")
    if "tag" not in request.body:
        raise Refusal(400, "tag is missing")
    status = request.one_of("status", _STATUSES)
    if not project.knows(commit):
        raise Refusal(400, {"sha": ["The commit does not exist"]})
    return {**project.deployed(commit, environment, status), "ref": ref}


def update_deployment(project: Project, request: Request) -> Row:
    row = found(project.deployments, "Not found", id=request.number("id"))
    status = request.one_of("status", _STATUSES)
    if row["deployable"] is not None:
        raise Refusal(403, "403 Forbidden - a job has made it, so the API may not update it")
    if row["status"] == status or status == "running":
        raise Refusal(400, {"status": [f"Cannot transition status from :{row['status']} to :{status}"]})
    row.update(status=status, updated_at=project.moment())
    return row


def list_freeze_periods(project: Project, _request: Request) -> Sequence[Row]:
    return project.freeze_periods


def get_protected_environment(project: Project, request: Request) -> Row:
    if not project.premium:
        raise Refusal(403, "403 Forbidden")
    return found(project.protected_environments, "Environment", name=request.place["name"])
