"""What the contract tests share."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from archive_grounds import store  # noqa: F401 - a fixture
from grounds import ground, kept  # noqa: F401 - fixtures
from object_grounds import healthy, s3, server  # noqa: F401 - likewise
from pinning import Copied, usable_copy
from release_programs import Release
from repositories import repository_at

from pipeline.adapters.revisions_git import GitRevisions


@pytest.fixture
def release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Release]:
    """A release whose stages take one call, or all of a run where a test asks for that by its parameter."""
    with closing(Release(tmp_path, serving=getattr(request, "param", False))) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"stages/role": "first", "config/roles": "one", ".gitignore": "ignored\n"}
    return repository_at(tmp_path / "code", files)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def revisions(repository: Path, site: Path) -> GitRevisions:
    return GitRevisions(repository, site)


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """A repository that is a config and nothing else."""
    return repository_at(tmp_path / "config-repository", {"roles": "one"})


@pytest.fixture
def copied(revisions: GitRevisions, site: Path) -> Copied:
    """Pins the checkout and returns its copy, which a command would use as it is."""
    return partial(usable_copy, revisions, site)
