"""Of the software that is kept for machines, what is old goes, and what is in use stays."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from config_sample import SHIPPED
from inventory_sample import on_machines

from stages.config import read
from stages.machine.site import Site
from stages.machine.substrates import records, software

NEW, RUNS, BEFORE, LATELY, HALF = (f"sha256:{number}{0:063}" for number in range(1, 6))


def test_software_that_no_machine_has_goes_when_that_of_another_image_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, "3fa2c1")
    day_before = time.time() - 2 * software.MAY_BE_USED_S

    def fetched(folder: Path, _image: str, _proxy: str | None, at: float = day_before) -> None:
        folder.mkdir(parents=True)
        (folder / "whole").touch()
        os.utime(folder / "whole", (at, at))

    for image in (RUNS, BEFORE):
        fetched(software.folder_of(site, image), image, None)
    fetched(software.folder_of(site, LATELY), LATELY, None, time.time())
    software.folder_of(site, HALF).mkdir()
    records.put(site, "rack", "database-1", records.Record("192.0.2.24", RUNS, ()))
    in_turn: Callable[[object], nullcontext[None]] = lambda _say: nullcontext()  # noqa: E731 - a stand-in
    monkeypatch.setattr(software, "turn", in_turn)
    monkeypatch.setattr(software, "_fetch", fetched)

    folder = software.fetch(site, NEW, None)

    assert time.time() - (folder / "whole").stat().st_mtime < 60, "it is in use from now on"
    kept = {software.folder_of(site, image) for image in (NEW, RUNS, LATELY)}
    assert set(folder.parent.iterdir()) == kept


@pytest.mark.parametrize("proxy", [None, "http://proxy.example.org:3128"])
def test_packages_come_by_the_proxy_of_the_stage_s_file_and_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str | None
) -> None:
    config = shutil.copytree(SHIPPED, tmp_path / "config")
    more = "" if proxy is None else f"  proxy: {proxy}\n"
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250", more)
    inventory = read(config).stage("dev").inventory
    assert inventory is not None
    site, ran = Site(tmp_path, "3fa2c1"), list[list[str]]()

    def run(argv: list[str], **_: object) -> str:
        ran.append(argv)
        if "cp" in argv:  # a container copies the image's list of its packages
            (software.folder_of(site, NEW) / software.PACKAGES).write_text("a 1\n")
        return ""

    monkeypatch.setattr(software, "turn", lambda _say: nullcontext())
    monkeypatch.setattr(software, "run", run)
    software.fetch(site, NEW, inventory.proxy)
    asked = {("apt-get" in argv, f"Acquire::http::Proxy={proxy}" in argv) for argv in ran}
    assert asked == {(False, False), (True, proxy is not None)}


def test_the_software_that_was_used_last_before_stays_for_a_rollback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, days = Site(tmp_path, "3fa2c1"), {RUNS: 2, BEFORE: 3, LATELY: 4}
    for image, ago in days.items():
        folder = software.folder_of(site, image)
        folder.mkdir(parents=True)
        (folder / "whole").touch()
        at = time.time() - ago * 24 * 3600
        os.utime(folder / "whole", (at, at))
    records.put(site, "rack", "database-1", records.Record("192.0.2.24", RUNS, ()))
    monkeypatch.setattr(software, "turn", lambda _say: nullcontext())
    monkeypatch.setattr(software, "_fetch", lambda folder, _image, _proxy: folder.mkdir())

    folder = software.fetch(site, NEW, None)

    assert set(folder.parent.iterdir()) == {software.folder_of(site, image) for image in (NEW, RUNS, BEFORE)}
