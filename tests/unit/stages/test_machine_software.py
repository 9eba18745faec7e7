"""Of the software that is kept for machines, what is old goes, and what is in use stays."""

import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from stages.machine.site import Site
from stages.machine.substrates import records, software

NEW, RUNS, BEFORE, LATELY, HALF = (f"sha256:{number}{0:063}" for number in range(1, 6))


def test_software_that_no_machine_has_goes_when_that_of_another_image_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, "3fa2c1")
    day_before = time.time() - 2 * software.MAY_BE_USED_S

    def fetched(folder: Path, _image: str, at: float = day_before) -> None:
        folder.mkdir(parents=True)
        (folder / "whole").touch()
        os.utime(folder / "whole", (at, at))

    for image in (RUNS, BEFORE):
        fetched(software.folder_of(site, image), image)
    fetched(software.folder_of(site, LATELY), LATELY, time.time())
    software.folder_of(site, HALF).mkdir()
    records.put(site, "rack", "database-1", records.Record("192.0.2.24", RUNS, ()))
    in_turn: Callable[[object], nullcontext[None]] = lambda _say: nullcontext()  # noqa: E731 - a stand-in
    monkeypatch.setattr(software, "turn", in_turn)
    monkeypatch.setattr(software, "_fetch", fetched)

    folder = software.fetch(site, NEW)

    assert time.time() - (folder / "whole").stat().st_mtime < 60, "it is in use from now on"
    kept = {software.folder_of(site, image) for image in (NEW, RUNS, LATELY)}
    assert set(folder.parent.iterdir()) == kept
