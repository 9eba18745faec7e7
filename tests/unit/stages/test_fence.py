"""An effect happens only under the newest token that was granted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from stages.errors import LeaseLost
from stages.machine.substrates.fence import Lease

if TYPE_CHECKING:
    from pathlib import Path


def granted(folder: Path, token: int) -> Path:
    path = folder / "prod.json"
    path.write_text(json.dumps({"token": token}))
    return path


def test_the_holder_of_the_newest_token_may_go_on(tmp_path: Path) -> None:
    Lease(12, granted(tmp_path, 12)).check()


def test_a_stage_that_nobody_ever_leased_is_free(tmp_path: Path) -> None:
    Lease(0, tmp_path / "prod.json").check()


def test_a_token_whose_record_is_gone_is_nobodys(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost) as caught:
        Lease(12, tmp_path / "prod.json").check()
    assert (caught.value.where, caught.value.next) == (str(tmp_path / "prod.json"), "promote status")


def test_an_older_token_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost) as caught:
        Lease(11, granted(tmp_path, 12)).check()
    error = caught.value
    assert error.what == "the stage is held by another run (token 12, this one has 11)"
    assert (error.where, error.next) == ("prod", "promote status")


def test_a_lease_that_is_given_on_between_two_effects_stops_the_second(tmp_path: Path) -> None:
    lease = Lease(12, granted(tmp_path, 12))
    lease.check()
    granted(tmp_path, 13)
    with pytest.raises(LeaseLost):
        lease.check()
