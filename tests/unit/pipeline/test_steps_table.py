"""The steps of a plan are one table, in which a step names those before it by their numbers."""

import pytest

from pipeline.cli.steps_table import ranges, steps_table
from pipeline.core.plan import Step, Undo


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([2, 1], "1-2"),
        ([1, 2, 3, 5, 7, 8], "1-3,5,7-8"),
        ([4, 2], "2,4"),
    ],
)
def test_numbers_that_follow_one_another_are_joined(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


def test_each_change_is_said_once_with_what_it_waits_for_and_what_cannot_be_undone() -> None:
    undo = Undo(possible=False, why="a schema migration can't be reverted")
    steps = [
        Step("image", "image", None, "build the host image"),
        Step("host/a", "host", "a", "create a", ("image",)),
        Step("host/b", "host", "b", "create b", ("image",)),
        Step("schema/a", "schema", "a", "migrate", ("host/a", "host/b"), undo),
    ]
    assert steps_table(steps) == [
        "#  STEP      WHAT                                                             AFTER",
        "1  image     build the host image                                             -",
        "2  host/a    create a                                                         1",
        "3  host/b    create b                                                         1",
        "4  schema/a  migrate (can't be undone: a schema migration can't be reverted)  2-3",
    ]
