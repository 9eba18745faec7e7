"""`python -m stages VERB` answers a request with one result line, and says what is wrong with a bad one."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from child import python
from stage_sample import SHIPPED

from stages.machine.substrates.fence import Lease

pytestmark = pytest.mark.processes  # each test starts the code of stages


@dataclass(frozen=True, slots=True)
class Answer:
    """How the child process ended."""

    status: int
    lines: list[dict[str, Any]]
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        assert self.status == 0, self.stderr
        assert self.lines[-1]["event"] == "result"
        assert self.lines[-1]["protocol"] == 1
        return self.lines[-1]

    @property
    def error(self) -> dict[str, str]:
        assert self.result["ok"] is False
        assert self.result["transient"] is False
        error: dict[str, str] = self.result["error"]
        assert set(error) == {"what", "where", "why", "next"}
        assert all(error.values()), error
        assert not self.stderr
        return error


def ask(*argv: str, text: str = "{}") -> Answer:
    done = python("-m", "stages", *argv, text=text)
    return Answer(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def request(tmp_path: Path, **parts: object) -> str:
    document = {
        "protocol": 1,
        "site": str(tmp_path / "site"),
        "config": str(SHIPPED),
        "stage": "prod",
        "release": "r1",
        "first": False,
        "artifacts": {},
        **parts,
    }
    return json.dumps({key: value for key, value in document.items() if value is not None})


def test_check_tells_the_stages_in_order_with_their_gates(tmp_path: Path) -> None:
    result = ask("check", text=request(tmp_path)).result
    assert result["problems"] == []
    assert [(stage["name"], stage["after"], stage["gates"]) for stage in result["stages"]] == [
        ("dev", None, ["smoke", "restart", "api"]),
        ("staging", "dev", ["smoke", "load", "failover", "api", "final"]),
        ("prod", "staging", ["smoke", "api", "final"]),
    ]


def test_check_tells_all_problems_with_their_places_and_no_stages(tmp_path: Path) -> None:
    result = ask("check", text=request(tmp_path, config=str(tmp_path))).result
    assert result["stages"] == []
    assert len(result["problems"]) == 3
    assert set(result["problems"][0]) == {"file", "line", "column", "message", "hint"}


def test_each_file_of_a_config_has_one_schema_whether_there_is_a_config_or_not(tmp_path: Path) -> None:
    schemas = ask("json-schemas", text=request(tmp_path, config=str(tmp_path))).result["schemas"]
    files = [path.relative_to(SHIPPED) for path in SHIPPED.rglob("*.yaml")]
    assert [[path.match(one["files"]) for one in schemas].count(True) for path in files] == [1] * len(files)
    assert all(set(one) == {"name", "files", "schema"} and one["schema"]["$schema"] for one in schemas)


def test_a_roster_comes_with_its_time_and_the_digest_of_its_gate_and_makes_no_site(tmp_path: Path) -> None:
    result = ask("roster", text=request(tmp_path, gate="smoke")).result
    assert {"component": "galera", "host": "database-3", "check": "healthy"} in result["roster"]
    assert result["within_s"] == 180
    assert len(result["definition"]) == 64
    assert result["inputs"]["redis"]["hosts"][0] == "coordination-1"
    assert not (tmp_path / "site").exists()


def test_an_unknown_stage_gate_or_step_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    stage = ask("roster", text=request(tmp_path, stage="prd", gate="smoke")).error
    assert (stage["what"], stage["why"]) == (
        "there is no stage 'prd'",
        "the config names dev, staging, prod",
    )
    gate = ask("roster", text=request(tmp_path, gate="smok")).error
    assert gate["what"] == "there is no gate 'smok'"
    assert gate["why"].startswith("the config names smoke")
    step = {"id": "x/y", "kind": "host", "host": None, "action": {"do": "dance"}}
    assert (
        ask("perform", text=request(tmp_path, step=step)).error["what"] == "unknown action 'dance' in a step"
    )


def test_a_config_with_problems_is_told_with_the_first_place_and_all_problems(tmp_path: Path) -> None:
    error = ask("roster", text=request(tmp_path, config=str(tmp_path), gate="smoke")).error
    assert error["what"] == "the config has 3 problems"
    assert error["where"] == f"{tmp_path}/gates.yaml:1:1"
    assert len(error["why"].splitlines()) == 3


def test_a_stage_that_another_run_holds_is_left_alone(tmp_path: Path, grant: Callable[[int], Lease]) -> None:
    grant(12)
    step = {"id": "host/database-1", "kind": "host", "host": "database-1", "action": {"do": "create"}}
    error = ask("perform", text=request(tmp_path, step=step, token=11)).error
    assert error["what"] == "the stage is held by another run (token 12, this one has 11)"


@pytest.mark.parametrize(("text", "spoken"), [('{"protocol": 2}', "2"), ("{}", "None"), ("[]", "None")])
def test_a_request_in_another_protocol_is_told_which_one_this_release_speaks(text: str, spoken: str) -> None:
    error = ask("check", text=text).error
    assert error["why"] == f"this code speaks protocol 1, the request {spoken}"


def test_a_request_that_is_no_json_is_no_result_and_a_line_on_stderr() -> None:
    answer = ask("check", text="")
    assert (answer.status, answer.lines) == (2, [])
    assert answer.stderr.startswith("the request is not JSON")
    assert len(answer.stderr.splitlines()) == 1


def test_a_defect_says_where_more_is_to_be_seen(tmp_path: Path) -> None:
    answer = ask("perform", text=request(tmp_path, step={"action": 1, "host": None}, promotion="p7"))
    assert (answer.result["error"]["why"], answer.result["error"]["next"]) == ("a defect", "promote show p7")


def test_nothing_is_done_when_nobody_waits_for_the_answer(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = python("-m", "stages", "perform", text=request(tmp_path, step={}), stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "the caller is gone: nothing was done\n")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("argv", [(), ("chek",), ("check", "more"), ("lab-exec",)])
def test_an_unknown_verb_is_answered_with_those_that_there_are(argv: tuple[str, ...]) -> None:
    answer = ask(*argv)
    assert (answer.status, answer.lines) == (2, [])
    assert answer.stderr.startswith("usage: python -m stages {check,scale,plan,begin,fence,perform,roster,")


def test_a_command_that_can_not_be_run_in_a_stage_says_why_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text(request(tmp_path, stage="prd", argv=["true"]))
    answer = ask("lab-exec", "--request", str(path))
    assert (answer.status, answer.lines) == (1, [])
    assert "there is no stage 'prd'" in answer.stderr
    assert "Traceback" not in answer.stderr
