"""The chapter about seeded defects: every row, each defect with its command, its kind and its first cause."""

from collections import Counter

import pytest
import seeded_figures
from checkout import BALANCERS
from defects import rows
from first_cause import Seen
from seeded_figures import Figures, chapter, chosen, kind, names_of
from seeding import Defect
from whole_defects import TOGETHER

LOST = Defect("lost", "a-[12]", "true", {"galera/healthy": "dead"}, put_in="stop |\n  it", cut=("a-1", "b-1"))
LATE = Defect("late", "c-1", "true", {"redis/clock": "late", "redis/healthy": "late"}, cause="redis/clock")


def test_there_are_two_of_each_kind_at_least() -> None:
    every = [defect for row in (*rows(*BALANCERS), *TOGETHER) for defect in row]
    counted = Counter(map(kind, every))
    assert counted.keys() == {*seeded_figures.KINDS, seeded_figures.ALONE}
    assert min(counted.values()) > 1, counted


def test_a_row_is_told_with_commands_and_causes() -> None:
    row = (LOST, LATE)
    head, gate, told = chapter([row], {names_of(row): Seen((1.25, 0.5), 31.4)})
    assert head.startswith("2 defects, in 1 rows")
    assert gate == "Row 1: the gate took 31 s.\n"
    assert "| `lost` | each host | a-[12] | no packet between a-1 and b-1; `stop \\| it` |" in told
    assert "| `late` | effective | c-1 |  | `redis/clock`, `redis/healthy` | `redis/clock` | 0.5 |" in told


def test_a_script_is_one_line_of_code_without_what_it_carries() -> None:
    assert seeded_figures.as_code(f"echo {'x' * 900} |\n base64") == "`echo … \\| base64`"
    assert seeded_figures.as_code("a `b`") == "`` a `b` ``"


def test_without_the_figures_of_a_row_no_chapter_is_written() -> None:
    with pytest.raises(AssertionError, match=r"no figures of the rows that begin with late$"):
        Figures({("lost",): Seen((1.0,), 30.0)}).write("Defects", [(LOST,), (LATE,)])


def test_defects_are_chosen_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not list(chosen([LOST, LATE]))
    monkeypatch.setenv(seeded_figures.CHOSEN, "late of-another-stage")
    assert list(chosen([LOST, LATE])) == [LATE]
