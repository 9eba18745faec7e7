"""Candidates of two real repositories: what was merged, newest first, and the pair of each."""

from pathlib import Path

import pytest
from repositories import commit, run

from pipeline.adapters.candidates_git import MOST, GitCandidates
from pipeline.adapters.git import commit_of
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import UsageProblem
from pipeline.testing import FakeCandidates
from pipeline.tool_ports import Candidates, CodeRevision


@pytest.fixture
def real(repository: Path, revisions: GitRevisions) -> GitCandidates:
    return GitCandidates(repository, revisions)


@pytest.fixture(params=["fake", "real"])
def candidates(request: pytest.FixtureRequest, real: GitCandidates) -> Candidates:
    return FakeCandidates([CodeRevision("c", "d")], ["1"]) if request.param == "fake" else real


def test_without_a_repository_of_its_own_there_is_one_config(candidates: Candidates) -> None:
    assert list(candidates.configs(None)) == [None]
    assert len(list(candidates.codes())) == 1


def test_codes_are_the_commits_of_the_checkout_with_the_digests_of_their_releases(
    real: GitCandidates, repository: Path, revisions: GitRevisions
) -> None:
    pins = [revisions.identify(None).pin]
    commit(repository, {"stages/role": "second"})
    pins.append(revisions.identify(None).pin)
    commit(repository, {"config/roles": "two"})
    pins.append(revisions.identify(None).pin)

    assert list(real.codes()) == [CodeRevision(pin.commit, pin.code) for pin in reversed(pins)]
    assert pins[1].code == pins[2].code


def test_commits_of_a_merged_branch_are_no_candidates(real: GitCandidates, repository: Path) -> None:
    before = commit_of(repository, "HEAD")
    run(repository, "checkout", "--quiet", "-b", "work")
    commit(repository, {"stages/role": "half done"})
    run(repository, "checkout", "--quiet", "main")
    run(repository, "merge", "--quiet", "--no-ff", "--message", "done", "work")

    assert [one.commit for one in real.codes()] == [commit_of(repository, "HEAD"), before]


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


def test_no_more_is_looked_at_than_a_clone_of_gitlab_has(real: GitCandidates, repository: Path) -> None:
    for number in range(MOST):
        run(repository, "commit", "--quiet", "--allow-empty", "--message", str(number))
    assert len(list(real.codes())) == MOST


def test_a_pair_is_of_its_commit_whatever_is_checked_out(
    repository: Path, revisions: GitRevisions, external: Path
) -> None:
    before = revisions.identify(str(external)).pin
    commit(repository, {"stages/role": "second"})
    (repository / "stages/role").write_text("not committed")

    pair = revisions.pair(before.commit, str(external))
    revisions.materialise(pair)
    assert pair.pin == before
    revisions.require_copy(before.id)
    with pytest.raises(UsageProblem):
        revisions.pair("0" * 40, None)
