"""A site is a folder with an id; its files are private, whole, and written once where that matters."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stages.machine.site import Site, write, write_once


def test_a_site_is_made_once_and_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    site = Site.at(tmp_path / "site")
    assert Site.at(tmp_path / "site") == site
    assert len(site.id) == 6
    assert int(site.id, 16) >= 0
    assert site.path.stat().st_mode & 0o777 == 0o700
    assert (site.path / "site.json").stat().st_mode & 0o777 == 0o600


def test_the_id_stays_when_the_folder_is_moved(tmp_path: Path) -> None:
    made = Site.at(tmp_path / "here")
    moved = made.path.rename(tmp_path / "there")
    assert Site.at(moved).id == made.id
    assert Site.peek(moved).id == made.id


def test_two_folders_are_two_sites(tmp_path: Path) -> None:
    assert Site.at(tmp_path / "a").id != Site.at(tmp_path / "b").id


def test_peeking_makes_nothing_and_tells_what_would_be_made(tmp_path: Path) -> None:
    seen = Site.peek(tmp_path / "site")
    assert not (tmp_path / "site").exists()
    assert Site.at(tmp_path / "site") == seen


def test_threads_that_make_the_same_site_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        made = set(pool.map(lambda _: Site.at(tmp_path / "site"), range(64)))
    assert len(made) == 1


def test_the_path_of_a_control_socket_is_short_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real place, and nothing is made in it
    longest = len(str(Site.peek(tmp_path / ("deep/" * 40)).sockets / ("f" * 40))) + len(".0123456789abcdef")
    assert longest < 104


def test_what_is_written_once_stays_whoever_comes_second(tmp_path: Path) -> None:
    path = tmp_path / "folder/file"
    assert write_once(path, "first")
    assert not write_once(path, "second")
    assert path.read_text() == "first"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_a_file_is_replaced_as_a_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "folder/file"
    write(path, "one")
    write(path, "other", mode=0o644)
    assert path.read_text() == "other"
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.parent.stat().st_mode & 0o777 == 0o700
    write(path, "third")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_no_draft_behind(tmp_path: Path) -> None:
    (tmp_path / "folder/file").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write(tmp_path / "folder/file", "text")
    assert [found.name for found in (tmp_path / "folder").iterdir()] == ["file"]
