"""GitLab's webhooks: which push counts, by its secret token, project and branch."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

MOST_BYTES = 5 * 1024 * 1024  # GitLab leaves commits out of a push of many
_PUSH = "Push Hook"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What pushes are taken: with this secret, of these projects by their path, each "code" or "config"."""

    secret: str
    projects: Mapping[str, str]
    pushed: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a request; `candidate` is what was pushed, if it counts."""

    status: HTTPStatus
    why: str
    candidate: str = ""


async def gitlab(request: Request, hooks: Hooks) -> JSONResponse:
    """Answer one request. What is refused tells nothing of the secret, and of nobody's content."""
    ruling = _proved(request, hooks.secret)
    if ruling is None:
        body = await _body(request)
        large = Ruling(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MOST_BYTES} bytes")
        ruling = (
            large if body is None else judged(request.headers.get("x-gitlab-event", ""), body, hooks.projects)
        )
    if ruling.candidate:
        hooks.pushed(ruling.candidate)
    return JSONResponse({"taken": bool(ruling.candidate), "why": ruling.why}, ruling.status)


def judged(event: str, body: bytes, projects: Mapping[str, str]) -> Ruling:
    """What becomes of a request that has the secret. What is none of ours is no error to GitLab."""
    if event != _PUSH:
        return Ruling(HTTPStatus.OK, f"only pushes are promoted, as events {_PUSH!r}")
    try:
        found: dict[str, Any] = json.loads(body)
        project, branch = found["project"]["path_with_namespace"], found["project"]["default_branch"]
        ref, after = found["ref"], found["after"]
    except (ValueError, KeyError, TypeError):
        return Ruling(HTTPStatus.BAD_REQUEST, "this is not the JSON of a push")
    if not isinstance(project, str) or project not in projects:
        return Ruling(HTTPStatus.FORBIDDEN, "no pushes of this project are promoted here")
    if ref != f"refs/heads/{branch}":
        return Ruling(HTTPStatus.OK, "only the default branch is promoted")
    if not isinstance(after, str) or not after.strip("0"):
        return Ruling(HTTPStatus.OK, "the branch was removed")
    return Ruling(
        HTTPStatus.ACCEPTED, f"a candidate of the {projects[project]} will be made", projects[project]
    )


def _proved(request: Request, secret: str) -> Ruling | None:
    """A refusal unless the request has the secret, compared in a time that tells nothing."""
    given = request.headers.get("x-gitlab-token", "")
    if hmac.compare_digest(given.encode("latin-1"), secret.encode()):
        return None
    return Ruling(HTTPStatus.UNAUTHORIZED, "the secret token is missing or wrong")


async def _body(request: Request) -> bytes | None:
    """The body; None if it is too long, of which no more is read."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            return None
    return bytes(found)
