"""A site with folders that are archived in a store, which is a folder too."""

from pathlib import Path

import pytest

from pipeline.adapters.archives import SiteArchives
from pipeline.adapters.objects.address import FolderAddress
from pipeline.adapters.objects.folder import FolderStore

SPACE = "3fa2b1c4"
GATE, RUN = "runs/p1/smoke-1", "runs/p1"
Files = dict[str, str]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "store").mkdir()
    return FolderStore(FolderAddress(tmp_path / "store"))


def of_a_site(store: FolderStore, site: Path, folders: dict[str, Files]) -> SiteArchives:
    for folder, files in folders.items():
        for name, text in files.items():
            (site / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (site / folder / name).write_text(text)
    return SiteArchives(site, store, print)
