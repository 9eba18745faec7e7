"""`promote scale` changes the checkout's config and says how that gets into the stage."""

from dataclasses import replace

import pytest
from desk import Desk, green


def test_it_says_what_changed_and_every_command_up_to_the_stage(desk: Desk) -> None:
    assert desk("scale", "--stage", "staging", "thing=3", "other=1") == 0

    assert desk.bench.tools.calls == ["scale staging {'thing': 3, 'other': 1}"]
    assert desk.out.splitlines() == [
        "changed config/stages/staging.yaml:",
        "-  thing: 1",
        "+  thing: 3",
        "next: git commit --message 'staging: thing from 1 to 3' config/stages/staging.yaml",
        "next: promote --stage dev",
        "next: promote --stage staging",
    ]
    assert desk.bench.store.rows == []


def test_counts_that_are_there_already_change_nothing(desk: Desk) -> None:
    assert desk("scale", "--stage", "dev", "thing=1") == 0
    assert desk.out == "dev has these counts already; nothing was changed\n"


def test_all_words_that_are_no_counts_are_told_and_nothing_is_asked_of_the_config(desk: Desk) -> None:
    assert desk("scale", "--stage", "dev", "thing", "other=-1", "a=2", "a=3") == 2
    for words in ("'thing' is not ROLE=N", "'other=-1' is not ROLE=N", "a is given twice"):
        assert words in desk.err
    assert desk.bench.tools.calls == []


@pytest.mark.parametrize("argv", [(), ("--config", "https://me:hidden@git.example.org/config.git")])
def test_a_config_from_elsewhere_is_not_changed_and_it_is_said_where_to_edit(
    desk: Desk, argv: tuple[str, ...]
) -> None:
    if not argv:
        promote = green(desk)
        desk.bench.revisions.pin = replace(desk.bench.revisions.pin, config_source="repository")
        desk(*promote)
    assert desk("scale", "--stage", "dev", "thing=3", *argv) == 2
    assert "nothing was changed" in desk.err
    assert "in its stages/dev.yaml write thing: 3" in desk.err
    assert "hidden" not in desk.err
    assert desk.bench.tools.calls == []
