"""Folders of a site in a store: what is kept there comes back in another site as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_grounds import GATE, RUN, SPACE, Files, of_a_site
from pinning import copy, pinned

from pipeline.adapters.archives import SiteArchives
from pipeline.adapters.homes import existing_copy, released
from pipeline.adapters.objects.folder import FolderStore
from pipeline.adapters.packing import unpack
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import ObjectDamaged, ObjectMissing, UsageProblem
from pipeline.store import Archives
from pipeline.testing import FakeArchives


@pytest.fixture(params=["fake", "site"])
def archives(request: pytest.FixtureRequest, store: FolderStore, site: Path) -> Archives:
    folders: dict[str, Files] = {
        GATE: {"report.json": "{}", "traces/a/one.jsonl": "a"},
        RUN: {"traffic.jsonl": "b"},
    }
    if request.param == "fake":
        return FakeArchives({**folders})
    return of_a_site(store, site, folders)


def test_equal_folders_are_one_object_and_others_another(archives: Archives) -> None:
    gate, whole, beside = (
        archives.keep(SPACE, GATE),
        archives.keep(SPACE, RUN),
        archives.keep(SPACE, RUN, [GATE]),
    )
    assert len({gate, whole, beside}) == 3
    assert archives.keep(SPACE, GATE) == gate
    assert {one.digest for one in archives.objects(SPACE)} == {gate, whole, beside}


def test_a_folder_that_changed_is_another_object(archives: Archives, site: Path) -> None:
    before = archives.keep(SPACE, GATE)
    if isinstance(archives, FakeArchives):
        archives.folders[GATE] = {**archives.folders[GATE], "report.json": "{1}"}
    else:
        (site / GATE / "report.json").write_text("{1}")
    assert archives.keep(SPACE, GATE) not in (None, before)


def test_of_nothing_there_is_no_object(archives: Archives) -> None:
    assert archives.keep(SPACE, "runs/p2") is None
    assert archives.keep(SPACE, RUN, [GATE, RUN]) is None or isinstance(archives, FakeArchives)
    assert list(archives.objects(SPACE)) == []


def test_what_was_removed_does_not_come_back(archives: Archives) -> None:
    digest = archives.keep(SPACE, GATE)
    assert digest is not None
    archives.bring(SPACE, GATE, [digest])
    archives.remove(SPACE, digest)

    assert list(archives.objects(SPACE)) == []
    brought = archives.bring(SPACE, GATE, [digest])
    assert not brought.came
    assert [type(problem) for problem in brought.lost] == [ObjectMissing]


def test_a_probe_leaves_nothing(archives: Archives, tmp_path: Path) -> None:
    archives.probe()
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_evidence_comes_back_beside_what_is_there(store: FolderStore, site: Path, tmp_path: Path) -> None:
    ours = of_a_site(store, site, {GATE: {"report.json": "{}", "deep/trace": "a"}})
    (site / GATE / "latest").symlink_to("deep/trace")
    first = ours.keep(SPACE, GATE)
    (site / GATE / "report.json").write_text("{1}")
    second = ours.keep(SPACE, GATE)
    assert first is not None
    assert second is not None

    other = tmp_path / "other"
    of_a_site(store, other, {GATE: {"by hand": "b"}}).bring(SPACE, GATE, [first, second])

    found = {path.name: path.read_text() for path in (other / GATE).rglob("*") if path.is_file()}
    assert found == {"report.json": "{1}", "trace": "a", "latest": "a", "by hand": "b"}
    assert (other / GATE / "latest").readlink() == Path("deep/trace")
    assert [path.name for path in (other / GATE).parent.iterdir()] == ["smoke-1"]


def test_what_a_site_has_is_not_replaced_by_what_comes_back(store: FolderStore, site: Path) -> None:
    files = {"report.json": "{}", "same": "a", "gone": "b", "deep/file": "c", "out/file": "d"}
    ours = of_a_site(store, site, {GATE: files})
    (site / GATE / "link").symlink_to("same")
    digest = ours.keep(SPACE, GATE)
    assert digest is not None
    (site / GATE / "report.json").write_text("newer")
    for name in ("gone", "link", "deep/file", "out/file"):
        (site / GATE / name).unlink()
    (site / GATE / "link").symlink_to("gone")
    for name in ("deep", "out"):
        (site / GATE / name).rmdir()
    (site / GATE / "deep").write_text("a file now")
    (site / "outside").mkdir()
    (site / GATE / "out").symlink_to(site / "outside")

    brought = ours.bring(SPACE, GATE, [digest])
    assert brought.differing == ("deep/file", "link", "out/file", "report.json")
    assert (site / GATE / "report.json").read_text() == "newer"
    assert (site / GATE / "gone").read_text() == "b"
    assert (site / GATE / "link").readlink() == Path("gone")
    assert not list((site / "outside").iterdir()), "nothing is written through a link"


@pytest.fixture
def elsewhere(repository: Path, tmp_path: Path) -> Callable[[SiteArchives, str], GitRevisions]:
    """Another site, which brings the copies that it lacks from these archives, in this object."""

    def made(archives: SiteArchives, digest: str) -> GitRevisions:
        def bring(release: str) -> None:
            archives.bring(SPACE, f"releases/{release}", [digest])

        return GitRevisions(repository, tmp_path / "other", bring)

    return made


def test_the_copy_of_a_release_comes_to_a_site_that_lacks_it(
    revisions: GitRevisions,
    site: Path,
    store: FolderStore,
    tmp_path: Path,
    elsewhere: Callable[[SiteArchives, str], GitRevisions],
) -> None:
    checkout = pinned(revisions)
    release, other = checkout.pin.id, tmp_path / "other"
    digest = SiteArchives(site, store, print).keep(SPACE, f"releases/{release}")
    assert digest is not None
    revisions_there = elsewhere(SiteArchives(other, store, print), digest)

    revisions_there.require_copy(release)
    home = released(other, lambda code: code)(release)
    assert (home.code / "stages/role").read_text() == "first"
    assert (home.code / "stages/role").stat().st_mtime > 1_000_000_000, "not from 1970"
    assert existing_copy(other, release) != copy(site, checkout)
    assert [path.name for path in (other / "releases").iterdir()] == [release]
    # Nothing is asked for what is there.
    (store_object,) = (tmp_path / "store" / SPACE).iterdir()
    store_object.unlink()
    revisions_there.require_copy(release)


def test_a_copy_that_is_not_what_its_name_says_does_not_come(
    revisions: GitRevisions, site: Path, store: FolderStore, tmp_path: Path
) -> None:
    release = pinned(revisions).pin.id
    copied = site / "releases" / release / "code/stages/role"
    copied.write_text("forged")
    digest = SiteArchives(site, store, print).keep(SPACE, f"releases/{release}")
    assert digest is not None

    brought = SiteArchives(tmp_path / "other", store, print).bring(SPACE, f"releases/{release}", [digest])
    (problem,) = brought.lost
    assert not brought.came
    assert isinstance(problem, ObjectDamaged)
    assert release[:12] in problem.what
    assert list((tmp_path / "other/releases").iterdir()) == []


def test_of_a_release_one_object_that_is_what_its_name_says_is_enough(
    revisions: GitRevisions, site: Path, store: FolderStore, tmp_path: Path
) -> None:
    release = pinned(revisions).pin.id
    folder, ours = f"releases/{release}", SiteArchives(site, store, print)
    copied = site / folder / "code/stages/role"
    good, was = ours.keep(SPACE, folder), copied.read_text()
    copied.write_text("forged")
    forged, nothing = ours.keep(SPACE, folder), of_a_site(store, site, {GATE: {"a": "b"}}).keep(SPACE, GATE)
    assert good
    assert forged
    assert nothing
    (tmp_path / "store" / SPACE / ("e" * 64)).write_text("damaged")

    other = tmp_path / "other"
    digests = ["f" * 64, good, forged, nothing, "e" * 64]
    brought = SiteArchives(other, store, print).bring(SPACE, folder, digests)
    assert (other / folder / "code/stages/role").read_text() == was
    assert brought.came
    assert [type(problem) for problem in brought.lost] == [ObjectDamaged] * 3


def test_of_evidence_what_there_is_comes_back(store: FolderStore, site: Path, tmp_path: Path) -> None:
    ours = of_a_site(store, site, {GATE: {"one": "1", "two": "old"}})
    first = ours.keep(SPACE, GATE)
    assert first is not None

    brought = SiteArchives(tmp_path / "other", store, print).bring(SPACE, GATE, [first, "f" * 64])
    assert brought.came
    assert [type(problem) for problem in brought.lost] == [ObjectMissing]
    assert (tmp_path / "other" / GATE / "two").read_text() == "old"


def test_a_copy_that_is_nowhere_is_told_as_before(repository: Path, site: Path) -> None:
    asked: list[str] = []

    with pytest.raises(UsageProblem, match="copy is not in this site"):
        GitRevisions(repository, site, asked.append).require_copy("a" * 64)
    assert asked == ["a" * 64]


def test_an_object_that_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(b"evidence")

    with pytest.raises(UsageProblem, match="is not an archive"):
        unpack(tmp_path / "packed", tmp_path / "into")


def test_what_is_neither_file_nor_link_is_told(store: FolderStore, site: Path) -> None:
    archives = of_a_site(store, site, {GATE: {"report.json": "{}"}})
    os.mkfifo(site / GATE / "pipe")

    with pytest.raises(UsageProblem, match="cannot be archived") as caught:
        archives.keep(SPACE, GATE)
    assert caught.value.where == str(site / GATE / "pipe")
