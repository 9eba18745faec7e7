"""A site's folder may have a space in its path; what it may not have, the doctor says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stage_sample import CONFIG, drafted

from stages.draft import draft
from stages.machine.site import Site
from stages.machine.substrates import given, ssh
from stages.requests import doctor


def findings(site: Path) -> dict[str, doctor.Finding]:
    return {finding.check: finding for finding in doctor.examine(drafted("prod").config, None, site)}


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh here")
@pytest.mark.parametrize("name", ["plain", "a site", "50%h", "#1", "it's"])
def test_ssh_reads_the_paths_of_the_site_as_they_are(tmp_path: Path, name: str) -> None:
    site = Site.at(tmp_path / name)
    ssh.equip(site, "prod", "database-1")
    path = ssh.borrow(site, draft(CONFIG, "prod", site.id).blueprint, site.stage("prod"))

    argv = ["ssh", "-G", "-F", str(path), "database-1"]
    printed = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    settings = dict(line.split(" ", 1) for line in printed.splitlines() if " " in line)
    read = {key: settings[key].replace("%%", "%") for key in ("identityfile", "userknownhostsfile")}
    assert read == {
        "identityfile": str(site.keys / "id_ed25519"),
        "userknownhostsfile": str(site.stage("prod") / "known_hosts"),
    }


@pytest.mark.parametrize("name", ["plain", "a site", "größe"])
def test_a_usable_site_is_fit_whether_it_is_there_or_not(tmp_path: Path, name: str) -> None:
    site = tmp_path / name
    before = findings(site)
    site.mkdir(mode=0o700)

    for found in (before, findings(site)):
        assert (found["site path"].ok, found["site owner"].ok) == (True, True)


@pytest.mark.parametrize("name", ["a:b", 'a"b', "a\\b", "a$b", "a\nb"])
def test_a_path_that_programs_would_take_apart_is_refused(tmp_path: Path, name: str) -> None:
    found = findings(tmp_path / name)["site path"]

    assert not found.ok
    assert repr(name[1]) in found.seen


def test_a_site_that_others_can_write_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "a site"
    site.mkdir()
    site.chmod(0o777)
    found = findings(site)["site owner"]

    assert not found.ok
    assert found.next == f"chown -R {os.geteuid()} '{site}' && chmod -R go-w '{site}'"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_site_of_another_user_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    os.chown(site, 1234, 1234)
    found = findings(site)["site owner"]

    assert not found.ok
    assert found.seen == f"user 1234, mode 700: {site}"


def test_programs_that_are_missing_are_named_with_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = findings(tmp_path)["programs"]

    assert "setpriv" in found.seen
    assert "/nowhere" in found.wanted


def test_hosts_find_the_compiled_applier_wherever_this_process_keeps_its_own(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "bytecode"))
    folder = given.appliers(site) / given.digest() / "__pycache__"

    assert [path.suffix for path in folder.iterdir()] == [".pyc"]
