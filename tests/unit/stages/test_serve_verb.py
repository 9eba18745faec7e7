"""`python -m stages serve` answers many requests, each under its id, and ends when there are no more."""

import json
from pathlib import Path
from typing import Any

import pytest
from child import python
from stage_sample import SHIPPED

pytestmark = pytest.mark.processes  # each test starts the code of stages


def serve(*lines: str) -> tuple[int, list[dict[str, Any]], str]:
    done = python("-m", "stages", "serve", text="".join(f"{line}\n" for line in lines))
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def request(number: int, verb: str, **parts: object) -> str:
    return json.dumps({"id": number, "verb": verb, "protocol": 1, "config": str(SHIPPED), **parts})


def test_it_says_that_it_serves_and_answers_each_request_under_its_id(tmp_path: Path) -> None:
    about = {"site": str(tmp_path / "site"), "stage": "prod", "release": "r1"}
    status, (greeting, *answers), stderr = serve(
        request(1, "check"), request(2, "roster", gate="smoke", **about), request(3, "roster", **about)
    )
    assert (status, stderr) == (0, "")
    assert greeting == {"event": "serving", "protocol": 1}
    by_id = {answer["id"]: answer for answer in answers}
    assert {number: (found["event"], found["protocol"]) for number, found in by_id.items()} == dict.fromkeys(
        (1, 2, 3), ("result", 1)
    )
    assert [stage["name"] for stage in by_id[1]["stages"]] == ["dev", "staging", "prod"]
    assert {"component": "galera", "host": "database-3", "check": "healthy"} in by_id[2]["roster"]
    assert by_id[3]["error"]["what"] == "the request has no gate"


def test_a_verb_or_a_protocol_that_it_does_not_know_is_answered_and_it_goes_on() -> None:
    status, (_, *answers), _ = serve(
        request(1, "dance"), json.dumps({"id": 2, "verb": "check", "protocol": 2}), request(3, "check")
    )
    assert status == 0
    by_id = {answer["id"]: answer for answer in answers}
    assert by_id[1]["error"]["what"] == "there is no verb 'dance'"
    assert by_id[2]["error"]["why"] == "this code speaks protocol 1, the request 2"
    assert by_id[3]["problems"] == []


def test_a_line_that_is_no_request_ends_it() -> None:
    status, answers, stderr = serve("{", request(1, "check"))
    assert (status, answers) == (1, [{"event": "serving", "protocol": 1}])
    assert stderr.startswith("a line is not a request")


def test_what_it_starts_can_not_read_requests_nor_write_answers() -> None:
    """A program that inherits stdin and stdout would: here one that a verb starts."""
    program = """
import subprocess, sys
from stages.requests import answering, serving
def verb(request, say):
    subprocess.run(["sh", "-c", "cat; echo stray"], check=True)
    return {"ok": True}
answering.VERBS = {"stray": verb}
sys.exit(serving.serve())
"""
    done = python("-c", program, text=f"{request(1, 'stray')}\n{request(2, 'stray')}\n")
    assert sorted(json.loads(line).get("id", 0) for line in done.stdout.splitlines()) == [0, 1, 2]
    assert done.stderr == "stray\n" * 2


def test_a_config_that_changes_is_read_again(config: Path) -> None:
    """What was drawn is kept for the requests of a run; a checkout's config may be edited meanwhile."""
    program = """
import pathlib, sys
from stages.draft import draft
config = pathlib.Path(sys.argv[1])
before = draft(config, "prod", "abc123")
assert draft(config, "prod", "abc123") is before
roles = config / "roles.yaml"
roles.write_text(roles.read_text().replace("max_connections: 2000", "max_connections: 2010"))
after = draft(config, "prod", "abc123")
print(before.topology() != after.topology())
"""
    done = python("-c", program, str(config))
    assert (done.stdout, done.stderr) == ("True\n", "")
