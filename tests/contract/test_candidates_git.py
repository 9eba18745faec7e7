"""Candidates of a real config repository: what was merged, newest first."""

from pathlib import Path

import pytest
from repositories import commit, run, staged

from pipeline.adapters.candidates_git import MOST, GitCandidates
from pipeline.adapters.git import commit_of
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import Unpinnable
from pipeline.testing import FakeCandidates
from pipeline.tool_ports import Candidates

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"


@pytest.fixture
def real(revisions: GitRevisions) -> GitCandidates:
    return GitCandidates(revisions)


@pytest.fixture(params=["fake", "real"])
def candidates(request: pytest.FixtureRequest, real: GitCandidates) -> Candidates:
    return FakeCandidates(["1"]) if request.param == "fake" else real


def test_without_a_repository_of_its_own_there_is_one_config(candidates: Candidates) -> None:
    assert list(candidates.configs(None)) == [None]


def test_commits_of_a_merged_branch_are_no_candidates(real: GitCandidates, external: Path) -> None:
    before = commit_of(external, "HEAD")
    run(external, "checkout", "--quiet", "-b", "work")
    commit(external, {"roles": "half done"})
    run(external, "checkout", "--quiet", "main")
    run(external, "merge", "--quiet", "--no-ff", "--message", "done", "work")

    newest = commit_of(external, "HEAD")
    assert list(real.configs(str(external))) == [f"{external}@{newest}", f"{external}@{before}"]


@pytest.mark.parametrize("by", ["path", "address"])
def test_each_commit_of_a_config_repository_is_a_config(
    real: GitCandidates, revisions: GitRevisions, external: Path, by: str
) -> None:
    commit(external, {"roles": "two"})
    location = str(external) if by == "path" else f"file://{external}"
    newest, first = real.configs(location)

    assert revisions.identify(newest).pin == revisions.identify(location).pin
    assert revisions.identify(first).pin.config_revision == commit_of(external, "HEAD~1")


def test_a_revision_or_a_plain_directory_is_the_only_candidate(
    real: GitCandidates, external: Path, tmp_path: Path
) -> None:
    assert list(real.configs(f"{external}@main")) == [f"{external}@main"]
    (tmp_path / "plain").mkdir()
    assert list(real.configs(str(tmp_path / "plain"))) == [str(tmp_path / "plain")]


def test_no_more_is_looked_at_than_a_clone_of_gitlab_has(real: GitCandidates, external: Path) -> None:
    for number in range(MOST):
        run(external, "commit", "--quiet", "--allow-empty", "--message", str(number))
    assert len(real.configs(str(external))) == MOST


@pytest.mark.parametrize(
    "odd",
    [("160000", b"library", b""), ("120000", b"out", b"../../etc"), ("100644", b"big", POINTER)],
)
def test_what_no_release_can_hold_is_found_before_a_release_is_made(
    revisions: GitRevisions, external: Path, odd: tuple[str, bytes, bytes]
) -> None:
    revisions.require_pinnable(str(external))
    staged(external, *odd)
    for named in (str(external), f"{external}@main", f"file://{external}"):
        with pytest.raises(Unpinnable) as caught:
            revisions.require_pinnable(named)
        assert repr(odd[1].decode()) in caught.value.where
    revisions.require_pinnable(f"{external}@main~1")


def test_what_is_not_committed_or_in_no_repository_can_be_checked_too(
    revisions: GitRevisions, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "roles").write_text("one")
    revisions.require_pinnable(str(plain))
    run(plain, "init", "--quiet")
    revisions.require_pinnable(str(plain))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/nowhere").symlink_to("gone")
    with pytest.raises(Unpinnable):
        revisions.require_pinnable(str(tmp_path / "other"))
