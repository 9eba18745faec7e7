"""Issues, and releases with their links."""

from collections.abc import Sequence
from datetime import datetime

from pipeline.testing.gitlab.calls import Refusal, Request, Row, found
from pipeline.testing.gitlab.project import Project


def list_issues(project: Project, request: Request) -> Sequence[Row]:
    """The newest first, of all states unless one is asked for."""
    query = request.query
    wanted = set(filter(None, query.get("labels", "").split(",")))
    after = query.get("created_after")
    rows = [
        row
        for row in reversed(project.issues)
        if wanted <= set(row["labels"]) and query.get("state", "all") in {"all", row["state"]}
    ]
    return [row for row in rows if after is None or _moment(row["created_at"]) > _moment(after)]


def create_issue(project: Project, request: Request) -> Row:
    (title,) = request.required("title")
    labels = [label for label in str(request.body.get("labels") or "").split(",") if label]
    row = {
        "id": project.next_id(),
        "iid": len(project.issues) + 1,
        "project_id": project.id,
        "title": title,
        "description": request.body.get("description"),
        "state": "opened",
        "labels": labels,
        "created_at": project.moment(),
        "author": project.user(),
    }
    project.issues.append(row)
    return row


def get_release(project: Project, request: Request) -> Row:
    return _release(project, request)


def create_release(project: Project, request: Request) -> Row:
    """The tag is made, if it is not there."""
    (tag,) = request.required("tag_name")
    if any(row["tag_name"] == tag for row in project.releases):
        raise Refusal(409, "Release already exists")
    if tag not in project.tags:
        (project.tags[tag],) = request.required("ref")
    row = {
        "tag_name": tag,
        "name": request.body.get("name") or tag,
        "description": request.body.get("description"),
        "created_at": project.moment(),
        "released_at": project.moment(),
        "author": project.user(),
        "commit": {"id": project.tags[tag]},
        "assets": {"count": 0, "sources": [], "links": []},
    }
    project.releases.append(row)
    return row


def update_release(project: Project, request: Request) -> Row:
    row = _release(project, request)
    row.update({key: request.body[key] for key in ("name", "description") if key in request.body})
    return row


def list_links(project: Project, request: Request) -> Sequence[Row]:
    links: list[Row] = _release(project, request)["assets"]["links"]
    return links


def create_link(project: Project, request: Request) -> Row:
    links = _release(project, request)["assets"]["links"]
    name, url = request.required("name", "url")
    for key, value in (("name", name), ("url", url)):
        if any(link[key] == value for link in links):
            raise Refusal(400, {key: ["has already been taken"]})
    row = {
        "id": project.next_id(),
        "name": name,
        "url": url,
        "direct_asset_url": url,
        "link_type": request.body.get("link_type", "other"),
    }
    links.append(row)
    return row


def _release(project: Project, request: Request) -> Row:
    return found(project.releases, "Not Found", tag_name=request.place["tag"])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
