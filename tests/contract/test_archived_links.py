"""Links in folders that are archived: they come back letter for letter, or are not archived."""

import os
import tarfile
from pathlib import Path

import pytest
from archive_grounds import GATE, RUN, SPACE, of_a_site
from pinning import pinned
from repositories import commit

from pipeline.adapters.archives import SiteArchives
from pipeline.adapters.homes import released
from pipeline.adapters.objects.folder import FolderStore
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.adapters.trees import written_in
from pipeline.core.errors import UsageProblem


def test_a_release_has_its_links_as_they_were_written(
    revisions: GitRevisions, repository: Path, site: Path, store: FolderStore, tmp_path: Path
) -> None:
    (repository / "stages/again").symlink_to("./role")
    commit(repository, {"more": "x"})
    release = pinned(revisions).pin.id
    assert released(site, lambda code: code)(release), "the copy is what was pinned"
    folder, other = f"releases/{release}", tmp_path / "other"
    digest = SiteArchives(site, store, print).keep(SPACE, folder)
    assert digest is not None

    assert SiteArchives(other, store, print).bring(SPACE, folder, [digest]).lost == ()
    assert written_in(other / folder / "code/stages/again") == "./role"


def test_links_of_evidence_that_lead_out_of_it_are_left_out_and_told(
    store: FolderStore, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = of_a_site(store, site, {GATE: {"report.json": "{}", "deep/trace": "a"}, RUN: {"beside": "b"}})
    links = {
        "absolute": "/etc/hostname",
        "inside": str(site / GATE / "report.json"),
        "beside": "../beside",
        "deep/beside": "../../beside",
        "roundabout": "../smoke-1/report.json",
        "over": "absolute",
        "latest": "./deep/../deep//trace",
    }
    for name, target in links.items():
        (site / GATE / name).symlink_to(target)
    digest = ours.keep(SPACE, GATE)
    assert digest is not None
    left = [line.split(" is not archived: ")[0] for line in capsys.readouterr().out.splitlines()]
    assert left == [f"{GATE}/{name}" for name in sorted(links) if name != "latest"]

    brought = SiteArchives(tmp_path / "other", store, print).bring(SPACE, GATE, [digest])
    there = tmp_path / "other" / GATE
    assert brought.lost == ()
    assert sorted(path.name for path in there.iterdir()) == ["deep", "latest", "report.json"]
    assert written_in(there / "latest") == "./deep/../deep//trace"
    assert ours.keep(SPACE, RUN, [GATE]) is not None
    assert capsys.readouterr().out == "", "those of a gate are told with the gate"


def test_a_release_with_a_link_that_leads_out_of_it_is_refused(
    revisions: GitRevisions, site: Path, store: FolderStore
) -> None:
    release = pinned(revisions).pin.id
    (site / "releases" / release / "code/passwd").symlink_to("/etc/passwd")

    with pytest.raises(UsageProblem, match="cannot be archived") as caught:
        SiteArchives(site, store, print).keep(SPACE, f"releases/{release}")
    assert caught.value.where == f"releases/{release}/code/passwd"
    assert list(store.objects(SPACE)) == []


def test_links_come_back_as_they_were_with_a_python_that_shortens_them(
    store: FolderStore, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = of_a_site(store, site, {GATE: {"report.json": "{}"}})
    (site / GATE / "latest").symlink_to("./report.json")
    digest = ours.keep(SPACE, GATE)
    assert digest is not None
    usual = tarfile.data_filter

    def shortening(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
        found = usual(member, path)
        return found.replace(linkname=os.path.normpath(found.linkname)) if found.issym() else found

    monkeypatch.setattr(tarfile, "data_filter", shortening)
    monkeypatch.setitem(vars(tarfile)["_NAMED_FILTERS"], "data", shortening)
    SiteArchives(tmp_path / "other", store, print).bring(SPACE, GATE, [digest])
    assert written_in(tmp_path / "other" / GATE / "latest") == "./report.json"
