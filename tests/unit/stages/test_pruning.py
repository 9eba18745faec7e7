"""Old images go; what runs and what a return may ask for stays."""

from __future__ import annotations

from stages.machine.images.build import KEPT, prunable


def images(count: int) -> list[tuple[str, str]]:
    """Newest first."""
    return [(f"host:{number}", f"sha256:{number}") for number in range(count, 0, -1)]


def test_the_newest_are_kept_whether_they_run_or_not() -> None:
    assert prunable(images(KEPT), in_use=set()) == []


def test_an_old_image_goes_unless_a_host_runs_it() -> None:
    assert prunable(images(KEPT + 2), in_use={"sha256:1"}) == ["host:2"]
