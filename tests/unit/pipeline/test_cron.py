"""Cron expressions, as calendars of forges have them: the moments they name, and what is no expression."""

from datetime import datetime

import pytest

from pipeline.core.cron import parsed


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# 2026-11-27 is a Friday.
@pytest.mark.parametrize(
    ("text", "at", "latest", "following"),
    [
        ("0 23 * * 5", "2026-11-29T12:00", "2026-11-27T23:00", "2026-12-04T23:00"),
        ("0 23 * * FRI", "2026-11-27T23:00", "2026-11-27T23:00", "2026-12-04T23:00"),
        ("0 23 * * 5", "2026-11-27T22:59:59", "2026-11-20T23:00", "2026-11-27T23:00"),
        ("*/20 8-18/5 * * 1-5", "2026-11-28T00:00", "2026-11-27T18:40", "2026-11-30T08:00"),
        ("5/25 * * * *", "2026-11-28T00:29", "2026-11-28T00:05", "2026-11-28T00:30"),
        ("0 0 24 12 *", "2026-11-28T00:00", "2025-12-24T00:00", "2026-12-24T00:00"),
        ("0 0 29 feb *", "2027-01-01T00:00", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("0 0 * * 0", "2026-11-28T00:00", "2026-11-22T00:00", "2026-11-29T00:00"),
        ("0 0 * * 7", "2026-11-28T00:00", "2026-11-22T00:00", "2026-11-29T00:00"),
        ("0 0 * * sat-mon", "2026-11-27T00:00", "2026-11-23T00:00", "2026-11-28T00:00"),
        ("0 0 1 * 5", "2026-12-01T06:00", "2026-12-01T00:00", "2026-12-04T00:00"),
        ("0 0,12 1,15 * *", "2026-11-20T00:00", "2026-11-15T12:00", "2026-12-01T00:00"),
        ("* * * * *", "2026-11-28T10:11:12", "2026-11-28T10:11", "2026-11-28T10:12"),
        ("0 0 31 2 *", "2026-11-28T00:00", None, None),
        # Hour 24 is that of midnight at the beginning of the same day.
        ("0 24 * * 5", "2026-11-28T12:00", "2026-11-27T00:00", "2026-12-04T00:00"),
        ("0 22-24 * * *", "2026-11-28T12:00", "2026-11-28T00:00", "2026-11-28T22:00"),
        ("0 0-24/12 * * *", "2026-11-28T11:00", "2026-11-28T00:00", "2026-11-28T12:00"),
        ("0 24-1 * * *", "2026-11-28T12:00", "2026-11-28T01:00", "2026-11-29T00:00"),
    ],
)
def test_an_expression_names_moments(text: str, at: str, latest: str | None, following: str | None) -> None:
    cron = parsed(text)
    assert cron.latest(moment(at)) == (moment(latest) if latest else None)
    assert cron.next(moment(at)) == (moment(following) if following else None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 23 * *", "does not have the five fields of cron"),
        ("@weekly", "does not have the five fields of cron"),
        ("60 0 * * *", "the minute can't be '60'"),
        ("0 25 * * *", "the hour can't be '25'"),
        ("0 */24 * * *", "the hour can't be '24'"),
        ("0 0 * * 8", "the day of the week can't be '8'"),
        ("0 0 0 * *", "the day of the month can't be '0'"),
        ("0 0 L * *", "the day of the month can't be 'L'"),
        ("0 0 * 13 *", "the month can't be '13'"),
        ("0 0 * * fri#1", "the day of the week can't be 'fri#1'"),
        ("*/0 * * * *", "the minute can't be '0'"),
        ("1- * * * *", "the minute can't be ''"),
        ("1,,2 * * * *", "the minute can't be ''"),
        ("٣ * * * *", "the minute can't be '٣'"),
    ],
)
def test_what_is_no_expression_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"cron|can't be") as told:
        parsed(text)
    assert why in str(told.value)
