"""Zones as GitLab names them: each is one of the tz database, and a freeze period in it is read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.rails_zones import RAILS_ZONES, zone_of


@pytest.mark.parametrize("name", RAILS_ZONES)
def test_each_is_a_zone_of_the_tz_database(name: str) -> None:
    assert ZoneInfo(zone_of(name)).key == RAILS_ZONES[name]


def test_there_are_as_many_as_rails_has() -> None:
    assert len(RAILS_ZONES) == 152


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("Bern", "Europe/Zurich"),
        ("Hong Kong", "Asia/Hong_Kong"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Nuku'alofa", "Pacific/Tongatapu"),
        ("UTC", "Etc/UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Etc/GMT-3", "Etc/GMT-3"),
    ],
)
def test_a_zone_has_its_name_of_rails_and_its_own(name: str, zone: str) -> None:
    assert zone_of(name) == zone


@pytest.mark.parametrize("name", ["Atlantis", "berlin ", "../etc/passwd", ""])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert FreezePeriod("0 0 * * *", "0 1 * * *", name).problems() == (f"there is no time zone {name!r}",)


def test_a_period_is_local_time_in_such_a_zone() -> None:
    period = FreezePeriod("0 18 * * 5", "0 24 * * 1", "Pacific Time (US & Canada)")
    assert period.problems() == ()
    friday = datetime(2026, 11, 28, 1, 59, tzinfo=UTC).timestamp()

    assert period.until(friday) is None
    # From Friday, 18:00 in California, until midnight on which Monday begins.
    assert period.until(friday + 60) == datetime(2026, 11, 30, 8, 0, tzinfo=UTC).timestamp()
