"""Whether a site's folder is there, and who is at work in it, also after it was removed."""

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stages.machine.occupants import Folder, occupants, still_mounted, whereabouts
from stages.machine.site import Site
from stages.machine.taken import disk, memory

POINT = "/etc/stagegate/appliers"
NOBODY = Path("/run/stagegate-nobody")


def test_a_folder_is_there_gone_or_not_known(tmp_path: Path) -> None:
    site = Site.at(tmp_path / "site")
    assert whereabouts(str(site.path), site.id, []) is Folder.THERE
    assert whereabouts(str(site.path), "ffffff", []) is Folder.UNKNOWN, "another site's by now"
    assert whereabouts("", site.id, []) is Folder.UNKNOWN
    shutil.rmtree(site.path)
    assert whereabouts(str(site.path), site.id, [False, False]) is Folder.GONE
    assert whereabouts(str(site.path), site.id, [False, True]) is Folder.UNKNOWN, "it was moved"


@pytest.mark.parametrize(
    ("root", "point", "held"),
    [
        ("/srv/moved/appliers", POINT, True),
        ("/srv/site/appliers//deleted", POINT, False),
        ("/srv/moved/appliers", "/etc/stagegate/ssh", False),
    ],
)
def test_a_host_tells_whether_a_directory_of_the_folder_still_exists(
    tmp_path: Path, *, root: str, point: str, held: bool
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/mountinfo").write_text(f"36 35 98:0 {root} {point} ro,noatime - ext4 /dev/root rw\n")
    assert still_mounted(7, POINT, tmp_path) is held
    assert not still_mounted(8, POINT, tmp_path), "it has ended"


@contextlib.contextmanager
def process(program: str, *, cwd: Path, words: tuple[str, ...] = ()) -> Iterator[int]:
    """A process that has done what the program says, and stays."""
    text = f"{program}; print('ready', flush=True); import time; time.sleep(60)"
    argv = [sys.executable, "-I", "-c", text, *words]
    with subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            yield child.pid
        finally:
            child.kill()


@pytest.mark.parametrize("removed", [False, True])
def test_who_works_there_or_has_a_file_open_is_named(tmp_path: Path, *, removed: bool) -> None:
    folder = tmp_path / "site"
    (folder / "releases").mkdir(parents=True)
    (folder / "ledger.sqlite").touch()
    with (
        process("pass", cwd=folder / "releases") as working,
        process(f"kept = open({str(folder / 'ledger.sqlite')!r})", cwd=tmp_path) as reading,
        process("pass", cwd=tmp_path, words=(f"{folder}/stages/dev/ssh_config",)) as told,
        process("pass", cwd=tmp_path, words=(str(folder), f"{folder}-2/x")),
    ):
        if removed:
            shutil.rmtree(folder)
        found = occupants(str(folder), NOBODY)
    assert {int(line.split()[1]) for line in found} == {working, reading, told}
    assert all(sys.executable in line for line in found)


def test_who_has_a_connection_to_a_host_is_named_where_no_folder_is_known(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    listen = f"import socket; kept = socket.socket(socket.AF_UNIX); kept.bind({path!r}); kept.listen()"
    with process(listen, cwd=Path("/")) as master:
        assert [int(line.split()[1]) for line in occupants("", tmp_path)] == [master]
    assert occupants("", tmp_path) == ()


def test_who_asks_does_not_count(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(str(tmp_path / "s"))
        own.listen()
        assert occupants("", tmp_path) == ()


def test_memory_is_that_of_the_processes_in_either_version_of_groups(tmp_path: Path) -> None:
    (tmp_path / "memory/parent/one").mkdir(parents=True)
    (tmp_path / "memory/parent/one/memory.stat").write_text("cache 900\ntotal_rss 40\n")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/memory.stat").write_text("anon 2\nfile 900\n")
    assert memory(["/parent/one", "/two", "/gone"], tmp_path) == 42
    assert memory(["/gone"], tmp_path) is None


def test_disk_is_what_files_take_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/deep/file").write_bytes(b"x" * 100_000)
    before = disk([str(tmp_path / "data")])
    (tmp_path / "data/link").symlink_to("/usr/lib")
    assert 100_000 <= before <= disk([str(tmp_path / "data")]) < 200_000
    assert disk([str(tmp_path / "nothing")]) == 0
