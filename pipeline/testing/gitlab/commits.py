"""Statuses of commits, and the merge requests that brought them."""

from collections.abc import Sequence

from pipeline.testing.gitlab.calls import Refusal, Request, Row, found
from pipeline.testing.gitlab.project import Project

_STATES = ("pending", "running", "success", "failed", "canceled", "skipped")
_EVENTS = {"running": "run", "success": "success", "failed": "drop", "canceled": "cancel"}
_LONGEST = 255


def list_statuses(project: Project, request: Request) -> Sequence[Row]:
    """Of each name and ref only the newest, unless all are asked for."""
    _require(project, request.place["sha"])
    query = request.query
    rows = [
        row
        for row in project.statuses
        if row["sha"] == request.place["sha"]
        and query.get("name") in (None, row["name"])
        and query.get("ref") in (None, row["ref"])
    ]
    if query.get("all", "").lower() not in {"true", "1"}:
        rows = list({(row["name"], row["ref"]): row for row in rows}.values())
    return rows


def set_status(project: Project, request: Request) -> Row:
    """One that is pending or running is changed, and none that has ended: then there is another one."""
    commit, state = request.place["sha"], request.one_of("state", _STATES)
    _require(project, commit)
    name = str(request.body.get("name") or request.body.get("context") or "default")
    ref = str(request.body.get("ref") or "main")
    told = {key: request.body[key] for key in ("description", "target_url") if key in request.body}
    if len(str(told.get("description", ""))) > _LONGEST:
        raise Refusal(400, {"description": ["is too long (maximum is 255 characters)"]})
    about = {"sha": commit, "name": name, "ref": ref}
    for row in reversed(project.statuses):
        if about.items() <= row.items() and row["status"] in {"pending", "running"}:
            if row["status"] == state:
                event = _EVENTS.get(state, "enqueue")
                message = f"Cannot transition status via :{event} from :{state}"
                raise Refusal(400, f'{message} (Reason(s): Status cannot transition via "{event}")')
            row.update(told, status=state)
            return row
    row = {
        "id": project.next_id(),
        **about,
        "status": state,
        "description": None,
        "target_url": None,
        "created_at": project.moment(),
        "allow_failure": False,
        "coverage": None,
        "author": project.user(),
        **told,
    }
    project.statuses.append(row)
    return row


def list_merge_requests_of(project: Project, request: Request) -> Sequence[Row]:
    _require(project, request.place["sha"])
    return [row for row in project.merge_requests if row["sha"] == request.place["sha"]]


def list_notes(project: Project, request: Request) -> Sequence[Row]:
    found(project.merge_requests, "Not found", iid=request.number("iid"))
    rows = sorted(project.notes.get(request.number("iid"), []), key=lambda row: int(row["id"]))
    return rows if request.query.get("sort") == "asc" else rows[::-1]


def create_note(project: Project, request: Request) -> Row:
    found(project.merge_requests, "Not found", iid=request.number("iid"))
    (body,) = request.required("body")
    row = {
        "id": project.next_id(),
        "body": body,
        "author": project.user(),
        "created_at": project.moment(),
        "updated_at": project.moment(),
        "system": False,
        "noteable_iid": request.number("iid"),
        "noteable_type": "MergeRequest",
    }
    project.notes.setdefault(request.number("iid"), []).append(row)
    return row


def update_note(project: Project, request: Request) -> Row:
    row = found(project.notes.get(request.number("iid"), []), "Not found", id=request.number("id"))
    (body,) = request.required("body")
    row.update(body=body, updated_at=project.moment())
    return row


def _require(project: Project, commit: str) -> None:
    if not project.knows(commit):
        raise Refusal(404, "404 Commit Not Found")
