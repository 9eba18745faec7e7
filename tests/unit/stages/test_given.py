"""A host finds the release's own applier by its digest, and from its first breath refuses older tokens."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from applier_on import HostDirectory

from stages.machine import packed
from stages.machine.site import Site
from stages.machine.substrates import given
from stages.machine.substrates.remote import NOT_THERE, PYTHON, placed


def started(appliers: Path, root: Path) -> subprocess.CompletedProcess[bytes]:
    """What a host does that finds its appliers in this folder."""
    request = json.dumps({"protocol": 1, "mode": "facts", "root": str(root)}).encode()
    argv = [sys.executable, *PYTHON[1:], placed(str(appliers))]
    return subprocess.run(argv, input=request, capture_output=True, check=False, timeout=60)


def test_a_host_runs_the_applier_that_lies_there_by_its_digest(site: Site, tmp_path: Path) -> None:
    done = started(given.appliers(site), tmp_path)
    reply: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, reply["ok"], reply["error"]) == (0, True, None)
    assert (site.path / "appliers" / given.digest() / "applier.py").read_text() == packed.text()


def test_a_host_without_it_says_so_and_does_nothing(tmp_path: Path) -> None:
    done = started(tmp_path, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (NOT_THERE, b"", b"")


def test_what_was_changed_in_the_site_is_not_what_runs(site: Site, tmp_path: Path) -> None:
    module = given.appliers(site) / given.digest() / "applier.py"
    module.write_text("def main(stdin, stdout): stdout.write(b'{}')\n")
    assert json.loads(started(given.appliers(site), tmp_path).stdout)["ok"]


def test_the_applier_is_placed_once_even_when_several_do_it(site: Site) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        (folder,) = set(pool.map(lambda _: given.appliers(site), range(16)))
    assert [path.name for path in folder.iterdir()] == [given.digest()]


def test_the_appliers_of_other_releases_stay_where_their_runs_look_for_them(site: Site) -> None:
    other = site.path / "appliers/of-another-release"
    other.mkdir(parents=True)
    assert {path.name for path in given.appliers(site).iterdir()} == {given.digest(), other.name}


@pytest.fixture
def keys(host: HostDirectory) -> Path:
    """The folder that a host gets its keys and tokens in."""
    folder = host.root / given.KEYS.lstrip("/")
    folder.mkdir(parents=True)
    return folder


def test_a_host_refuses_older_tokens_from_its_creation_and_no_late_writer_lowers_its_own(
    host: HostDirectory, keys: Path
) -> None:
    for token in (12, 9, 12):
        given.raise_token(keys, token)
    for name in ("host_key", ".token-99.half-written"):  # neither is a token
        (keys / name).touch()
    assert host.ask("run", token=11, commands=[])["refused"] == "older token 11, host has 12"
    assert host.ask("run", token=12, commands=[])["ok"]


def test_the_newer_of_what_was_served_and_what_was_given_counts(host: HostDirectory, keys: Path) -> None:
    given.raise_token(keys, 3)
    assert host.ask("run", token=8, commands=[])["ok"]
    assert host.ask("run", token=5, commands=[])["refused"] == "older token 5, host has 8"
