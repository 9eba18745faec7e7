"""The fake GitLab answers in the documented shapes, and only calls that are documented here are made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.testing.gitlab import FakeGitlab
from pipeline.testing.gitlab.routes import ROUTES

DOCUMENTED: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures/gitlab/replies.json").read_text()
)
# Each call, where it goes, and with what; in an order in which each finds what it is about.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "POST /environments": ("/environments", {"name": "dev"}),
    "GET /environments": ("/environments", {}),
    "POST /deployments": (
        "/deployments",
        {"environment": "dev", "sha": "c1", "ref": "main", "tag": False, "status": "running"},
    ),
    "PUT /deployments/:id": ("/deployments/{deployment}", {"status": "success"}),
    "GET /deployments": ("/deployments", {}),
    "GET /deployments/:id": ("/deployments/{of_job}", {}),
    "POST /statuses/:sha": ("/statuses/c1", {"state": "success", "name": "stagegate/dev"}),
    "GET /repository/commits/:sha/statuses": ("/repository/commits/c1/statuses", {}),
    "GET /repository/commits/:sha/merge_requests": ("/repository/commits/c1/merge_requests", {}),
    "POST /merge_requests/:iid/notes": ("/merge_requests/12/notes", {"body": "a note"}),
    "PUT /merge_requests/:iid/notes/:id": ("/merge_requests/12/notes/{note}", {"body": "another"}),
    "GET /merge_requests/:iid/notes": ("/merge_requests/12/notes", {}),
    "POST /issues": ("/issues", {"title": "a title", "description": "a text", "labels": "stagegate"}),
    "GET /issues": ("/issues", {}),
    "POST /releases": ("/releases", {"tag_name": "v1", "ref": "c1", "name": "r1", "description": "a text"}),
    "PUT /releases/:tag": ("/releases/v1", {"description": "another"}),
    "POST /releases/:tag/assets/links": ("/releases/v1/assets/links", {"name": "dev", "url": "https://x"}),
    "GET /releases/:tag/assets/links": ("/releases/v1/assets/links", {}),
    "GET /releases/:tag": ("/releases/v1", {}),
    "GET /freeze_periods": ("/freeze_periods", {}),
    "GET /protected_environments/:name": ("/protected_environments/prod", {}),
}


@pytest.fixture
def gitlab() -> Iterator[FakeGitlab]:
    with FakeGitlab() as server:
        server.project.merged(12, "c1")
        server.project.freeze_periods += DOCUMENTED["GET /freeze_periods"]
        server.project.protected_environments.append(DOCUMENTED["GET /protected_environments/:name"])
        row = server.project.deployed("c1", "prod", "success", job=7)
        row["approvals"] = DOCUMENTED["GET /deployments/:id"]["approvals"]
        yield server


def differences(seen: object, documented: object, place: str = "") -> list[str]:
    """Where an answer has a key that is not documented, or a value of another type."""
    if isinstance(seen, dict) and isinstance(documented, dict):
        unknown = [f"{place}/{key}: not documented" for key in seen.keys() - documented.keys()]
        inner = [
            differences(seen[key], documented[key], f"{place}/{key}")
            for key in seen.keys() & documented.keys()
        ]
        return [*unknown, *(one for each in inner for one in each)]
    if isinstance(seen, list) and isinstance(documented, list):
        return [
            one for item in seen for one in (differences(item, documented[0], place) if documented else ())
        ]
    # Null where a value is documented, and the other way round: the samples cannot show both.
    same = seen is None or documented is None or type(seen) is type(documented)
    return [] if same else [f"{place}: {seen!r} and not {documented!r}"]


def test_every_answer_has_the_documented_shape(gitlab: FakeGitlab) -> None:
    known = {"of_job": gitlab.project.deployments[0]["id"]}
    for call, (path, body) in CALLS.items():
        method = call.split()[0]
        answer = requests.request(
            method,
            f"{gitlab.url}/api/v4/projects/group%2Fproject{path.format(**known)}",
            json=body or None,
            headers={"PRIVATE-TOKEN": gitlab.token},
            timeout=10,
        )
        assert answer.status_code == (201 if method == "POST" else 200), call
        found = answer.json()
        assert found, call
        assert differences(found, DOCUMENTED[call]) == [], call
        if method == "POST":
            known[{"/deployments": "deployment"}.get(path, path.rpartition("/")[2].rstrip("s"))] = found.get(
                "id"
            )


def test_every_call_of_the_fake_is_documented_and_tried() -> None:
    calls = {f"{route.method} {route.path}" for route in ROUTES}
    assert calls == set(DOCUMENTED) == set(CALLS)


def test_a_difference_from_what_is_documented_is_seen() -> None:
    documented = DOCUMENTED["POST /environments"]
    assert differences({"id": "1"}, documented) == ["/id: '1' and not 1"]
    assert differences([{"idd": 1}], [documented]) == ["/idd: not documented"]
