"""What is listed, shown and compared, and what a shell asks for."""

import importlib.metadata

import pytest
from desk import Desk, green


def two_stages(desk: Desk) -> None:
    """r1 stands in staging, r2 in dev; p4 was red there, and p5 its rollback."""
    desk(*green(desk))
    desk("--stage", "staging")
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")
    third = desk.bench.commit("third", a="3")
    desk.bench.answers[f"smoke of {third}"] = "failed"
    desk("--stage", "dev")


@pytest.mark.parametrize(
    ("argv", "listed"),
    [
        ((), ["p1", "p2", "p3", "p4", "p5"]),
        (("--limit", "2"), ["p4", "p5"]),
        (("--outcome", "verified"), ["p1", "p2", "p3"]),
        (("--release", "r2"), ["p3", "p5"]),
        (("--stage", "dev", "--outcome", "verified", "--limit", "1"), ["p3"]),
        (("--outcome", "aborted"), []),
    ],
)
def test_history_lists_what_was_asked_for(desk: Desk, argv: tuple[str, ...], listed: list[str]) -> None:
    two_stages(desk)

    assert [row["id"] for row in desk.document("history", *argv)["attempts"]] == listed
    assert desk("history", *argv) == 0
    header, *rows = desk.out.splitlines()
    assert header.split()[:3] == ["ATTEMPT", "STARTED", "TOOK"]
    assert all("operator@desk (unverified)" in row for row in rows)


def test_show_without_a_name_shows_the_latest_attempt(desk: Desk) -> None:
    assert desk("show") == 2
    assert "no attempt yet" in desk.err
    two_stages(desk)

    assert desk.document("show")["attempt"]["id"] == "p5"


def test_two_stages_are_compared_by_what_stands_there(desk: Desk) -> None:
    two_stages(desk)
    history = desk.bench.shop().history()

    found = desk.document("diff", "staging", "dev")
    assert (found["from"], found["to"]) == tuple(history.stage(name).standing for name in ("staging", "dev"))
    assert desk("diff", "staging", "prod") == 9
    assert "nothing is deployed in prod" in desk.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(desk: Desk, shell: str) -> None:
    assert desk("completion", shell) == 0
    assert "_PROMOTE_COMPLETE" in desk.out


def test_the_version_is_that_of_the_package(desk: Desk) -> None:
    assert desk("--version") == 0
    assert desk.out == f"promote {importlib.metadata.version('stagegate')}\n"
