"""Lengths of time are written with a unit, and come out as each program writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.design.durations import iso, milliseconds, seconds


@pytest.mark.parametrize(
    ("written", "length"),
    [("200ms", 0.2), ("0.5s", 0.5), ("2s", 2.0), ("3m", 180.0), ("1h", 3600.0), ("7d", 604800.0)],
)
def test_a_length_has_a_number_and_a_unit(written: str, length: float) -> None:
    assert seconds(written) == length


@pytest.mark.parametrize(
    "written", ["", "5", 5, None, "0s", "0.0001ms", "-1s", "1 s", "1w", "1s2ms", "1" * 50 + "s"]
)
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        seconds(written)


@given(st.integers(min_value=1, max_value=100_000))
def test_milliseconds_come_out_as_they_went_in(count: int) -> None:
    assert milliseconds(seconds(f"{count}ms")) == f"{count}ms"


def test_galera_reads_iso_lengths() -> None:
    assert [iso(length) for length in (0.25, 0.5, 2.0)] == ["PT0.25S", "PT0.5S", "PT2S"]
