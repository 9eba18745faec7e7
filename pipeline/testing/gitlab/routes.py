"""Which call of the API does what, and whether the token of a job may make it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from pipeline.testing.gitlab import commits, deployments, pages
from pipeline.testing.gitlab.calls import Refusal, Request, Row
from pipeline.testing.gitlab.project import Project

Handler = Callable[[Project, Request], Row | Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path below the project, with names where its parts vary."""

    method: str
    path: str
    handler: Handler
    of_job: bool = False

    def match(self, request: Request, rest: str) -> Mapping[str, str] | None:
        """The parts of this path by name; None for another request."""
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, rest) if request.method == self.method else None
        return None if found is None else {key: unquote(value) for key, value in found.groupdict().items()}


# A job may deploy and release, and read commits; it may not speak to people, nor judge commits.
ROUTES = (
    Route("GET", "/environments", deployments.list_environments, of_job=True),
    Route("POST", "/environments", deployments.create_environment, of_job=True),
    Route("GET", "/deployments", deployments.list_deployments, of_job=True),
    Route("POST", "/deployments", deployments.create_deployment, of_job=True),
    Route("GET", "/deployments/:id", deployments.get_deployment, of_job=True),
    Route("PUT", "/deployments/:id", deployments.update_deployment, of_job=True),
    Route("GET", "/freeze_periods", deployments.list_freeze_periods),
    Route("GET", "/protected_environments/:name", deployments.get_protected_environment),
    Route("GET", "/repository/commits/:sha/statuses", commits.list_statuses),
    Route("POST", "/statuses/:sha", commits.set_status),
    Route("GET", "/repository/commits/:sha/merge_requests", commits.list_merge_requests_of, of_job=True),
    Route("GET", "/merge_requests/:iid/notes", commits.list_notes, of_job=True),
    Route("POST", "/merge_requests/:iid/notes", commits.create_note),
    Route("PUT", "/merge_requests/:iid/notes/:id", commits.update_note),
    Route("GET", "/issues", pages.list_issues),
    Route("POST", "/issues", pages.create_issue),
    Route("POST", "/releases", pages.create_release, of_job=True),
    Route("GET", "/releases/:tag", pages.get_release, of_job=True),
    Route("PUT", "/releases/:tag", pages.update_release, of_job=True),
    Route("GET", "/releases/:tag/assets/links", pages.list_links, of_job=True),
    Route("POST", "/releases/:tag/assets/links", pages.create_link, of_job=True),
)


def answer(project: Project, request: Request) -> Any:  # noqa: ANN401 - a row, or a list of them
    """Do what is asked; the body of the answer. Raises Refusal."""
    found = re.fullmatch(r"/api/v4/projects/([^/]+)(/.*)", request.path)
    if found is None or unquote(found[1]) not in {str(project.id), project.path}:
        raise Refusal(404, "404 Project Not Found")
    for route in ROUTES:
        place = route.match(request, found[2])
        if place is not None:
            if request.of_job and not route.of_job:
                raise Refusal(403, "403 Forbidden")
            return route.handler(project, replace(request, place=place))
    raise Refusal(404, "404 Not Found")
