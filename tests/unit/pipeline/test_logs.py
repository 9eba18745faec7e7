"""`promote show --logs`: what gates wrote, those that did not pass first."""

from pathlib import Path

import pytest
from desk import Desk, green, step_fails


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Desk:
    """p1 and p2 passed; in p3 staging's smoke gate passed and its failover gate failed."""
    desk.bench.site = tmp_path
    desk(*green(desk))
    desk("--stage", "staging")
    desk.bench.answers["failover in staging"] = "failed"
    desk("--stage", "staging")
    for gate in ("smoke", "failover"):
        folder = tmp_path / "runs" / "p3" / f"{gate}-1"
        folder.mkdir(parents=True)
        (folder / "output.log").write_text(f"what {gate} wrote\nto the end\n")
    return desk


def test_the_logs_of_all_gates_are_printed_and_the_failed_one_is_first(site: Desk) -> None:
    assert site("show", "p3", "--logs") == 0
    place = site.bench.site / "runs" / "p3"
    assert site.out.splitlines() == [
        f"gate failover: fail; {place}/failover-1/output.log",
        "what failover wrote",
        "to the end",
        f"gate smoke: pass; {place}/smoke-1/output.log",
        "what smoke wrote",
        "to the end",
    ]


def test_one_gate_may_be_named(site: Desk) -> None:
    found = site.document("show", "p3", "--logs", "smoke")
    assert [(log["gate"], log["text"]) for log in found["logs"]] == [
        ("smoke", "what smoke wrote\nto the end\n")
    ]

    assert site("show", "p3", "--logs", "api") == 2
    assert "gate api has not run in p3" in site.err
    assert "gates that ran: smoke, failover" in site.err


def test_an_attempt_after_the_option_is_no_gate(site: Desk) -> None:
    assert site.document("show", "--logs", "p3") == site.document("show", "p3", "--logs")


def test_a_log_that_is_gone_is_said_to_be_gone(site: Desk) -> None:
    assert site("show", "p1", "--logs") == 0
    assert "it cannot be shown: No such file or directory; its evidence is gone" in site.out
    assert site.document("show", "p1", "--logs")["logs"][0]["text"] is None

    assert site("show", "p1") == 0
    assert "smoke-1 (gone)" in site.out
    assert site("show", "p3") == 0
    assert "(gone)" not in site.out
    assert site("show", "p3", "--against", "p1") == 2
    assert "p1 has no measures: its evidence is gone" in site.err


def test_an_attempt_that_came_to_no_gate_says_where_to_look(desk: Desk) -> None:
    desk(*step_fails(desk))

    assert desk("show", "--logs") == 2
    assert "no gate has run in p1" in desk.err


@pytest.fixture
def failed(desk: Desk, tmp_path: Path) -> Path:
    """The log of p1, whose rollout failed."""
    desk.bench.site = tmp_path
    desk(*step_fails(desk))
    log = tmp_path / "runs" / "p1" / "stages.log"
    log.parent.mkdir(parents=True)
    return log


def test_what_a_failed_rollout_wrote_is_printed_with_its_path(desk: Desk, failed: Path) -> None:
    failed.write_text("== perform\nthe image has no kernel\n")

    assert desk("show", "p1", "--logs") == 0
    assert desk.out == f"rollout: failed; {failed}\n== perform\nthe image has no kernel\n"
    document = desk.document("show", "p1", "--logs")
    assert document["logs"] == []
    assert document["rollout"] == {
        "path": str(failed),
        "text": "== perform\nthe image has no kernel\n",
        "cut": False,
        "why": None,
    }
    assert desk("show", "p1", "--logs", "smoke") == 2, "it is of no gate"


@pytest.mark.parametrize("width", [10, 4000], ids=["many lines", "long lines"])
def test_of_a_long_log_of_a_rollout_only_whole_lines_of_the_end_are_printed(
    desk: Desk, failed: Path, width: int
) -> None:
    written = [f"{number} {'x' * width}" for number in range(1000)]
    failed.write_text("".join(f"{line}\n" for line in written))

    assert desk("show", "--logs") == 0
    _, cut, *lines = desk.out.splitlines()
    assert cut == f"(only the last {len(lines)} lines)"
    assert 0 < len(lines) <= 200
    assert len(desk.out) < 66000
    assert lines == written[-len(lines) :]
    assert desk.document("show", "--logs")["rollout"]["cut"] is True


def test_no_secret_of_the_stage_is_printed_even_if_a_program_wrote_it(desk: Desk, failed: Path) -> None:
    folder = desk.bench.site / "secrets" / "dev"
    folder.mkdir(parents=True)
    (folder / "admin_password").write_text("s3cret-of-the-site\n")
    (folder / "empty").write_text("\n")
    failed.write_text("tried s3cret-of-the-site at https://bob:hunter2@mirror.example/debian\n")

    assert desk("show", "--logs") == 0
    assert desk.out.endswith("\ntried (the secret admin_password) at https://mirror.example/debian\n")
    assert "hunter2" not in desk.document("show", "--logs")["rollout"]["text"]


def test_a_log_of_a_rollout_that_cannot_be_read_says_why(desk: Desk, failed: Path) -> None:
    failed.mkdir()

    assert desk("show", "--logs") == 0
    assert desk.out == f"rollout: failed; {failed}\nit cannot be shown: Is a directory\n"


def test_a_rollout_that_did_not_fail_has_nothing_to_say(site: Desk) -> None:
    (site.bench.site / "runs" / "p3" / "stages.log").write_text("a warning\n")

    assert site.document("show", "p3", "--logs")["rollout"] is None


def test_logs_and_a_comparison_are_two_questions(site: Desk) -> None:
    assert site("show", "p3", "--logs", "--against", "p1") == 2
