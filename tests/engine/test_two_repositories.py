"""A push to either of two real repositories makes a release of the newest good revisions of both."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from repositories import commit, repository_at, staged

from pipeline.adapters.candidates_git import GitCandidates
from pipeline.adapters.git import commit_of
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import ConfigProblem, ConfigProblems, Deferred, DirtyTree, NotEligible, Unpinnable
from pipeline.core.release import Release
from pipeline.core.stages import StageGraph
from pipeline.engine.choose import Changed, candidate
from pipeline.engine.rejections import reject, withdraw
from pipeline.ports import CheckResult
from pipeline.testing import Bench
from pipeline.workshop import Workshop


@dataclass(slots=True)
class Two:
    """Both repositories, the site, and whose releases are refused."""

    bench: Bench
    code: Path
    config: Path
    site: Path

    def shop(self) -> Workshop:
        revisions = GitRevisions(self.code, self.site)
        candidates = GitCandidates(revisions)
        return replace(self.bench.shop(), revisions=revisions, candidates=candidates)

    def pushed(self, what: Changed) -> Release:
        return candidate(self.shop(), f"file://{self.config}", what)[0]

    def refuse(self, problem: str) -> None:
        """The code of the checkout refuses the newest config."""
        pin = GitRevisions(self.code, self.site).identify(str(self.config)).pin
        found = ConfigProblem("roles.yaml", 1, 1, problem, None)
        self.bench.world.refusing[pin.id] = CheckResult((found,), StageGraph(()))

    def commits(self, release: Release) -> tuple[str, str]:
        return release.pin.commit, release.pin.config_revision


@pytest.fixture
def two(bench: Bench, tmp_path: Path) -> Two:
    code = repository_at(tmp_path / "code", {"stages/role": "one", "config/roles.yaml": "example"})
    config = repository_at(tmp_path / "config", {"roles.yaml": "one"})
    return Two(bench, code, config, tmp_path / "site")


def test_each_push_goes_with_the_newest_of_the_other(two: Two) -> None:
    first = two.pushed(Changed.CODE)
    commit(two.config, {"roles.yaml": "two"})
    second = two.pushed(Changed.CONFIG)
    commit(two.code, {"stages/role": "two"})
    third = two.pushed(Changed.CODE)

    assert second.pin.code == first.pin.code != third.pin.code
    assert second.pin.config == third.pin.config != first.pin.config
    assert [one.alias for one in (first, second, third)] == ["r1", "r2", "r3"]
    assert two.commits(third) == (commit_of(two.code, "HEAD"), commit_of(two.config, "HEAD"))
    copy = two.site / "releases" / third.id
    assert (copy / "config/roles.yaml").read_text() == "two"
    assert (copy / "code/stages/role").read_text() == "two"


def test_code_that_was_not_pinned_yet_waits_for_its_own_tests(two: Two) -> None:
    tested = two.pushed(Changed.CODE)
    commit(two.code, {"stages/role": "not tested"})
    commit(two.config, {"roles.yaml": "two"})
    with pytest.raises(Deferred, match="was never pinned") as caught:
        two.pushed(Changed.CONFIG)
    assert "it takes the newest config with it" in caught.value.why
    assert list(two.shop().history().releases) == [tested.id]
    assert two.commits(two.pushed(Changed.CODE))[1] == commit_of(two.config, "HEAD")


def test_a_bad_config_holds_up_no_good_code(two: Two) -> None:
    good = commit_of(two.config, "HEAD")
    commit(two.config, {"roles.yaml": "bad"})
    two.refuse("unknown key 'bad'")
    release, why = candidate(two.shop(), str(two.config), Changed.CODE)
    assert release.pin.config_revision == good
    assert why.endswith("1 newer refused, the newest for roles.yaml:1:1: unknown key 'bad'")


@pytest.mark.parametrize("mode", ["160000", "120000"])
def test_a_config_that_no_release_can_hold_is_passed_over_and_told(two: Two, mode: str) -> None:
    good = two.pushed(Changed.CODE)
    staged(two.config, mode, b"library", b"/etc")
    for changed in Changed:
        release, why = candidate(two.shop(), str(two.config), changed)
        assert release == good
        assert "1 newer refused, the newest for " in why
        assert "'library': it " in why


def test_code_that_no_release_can_hold_is_what_is_told(two: Two) -> None:
    staged(two.code, "160000", b"library", b"")
    with pytest.raises(Unpinnable) as caught:
        two.pushed(Changed.CODE)
    assert caught.value.where == f"{two.code}: 'library'"


def test_code_for_which_no_config_is_there_is_pinned_once_one_is(two: Two) -> None:
    two.refuse("the key 'new' is missing")
    with pytest.raises(ConfigProblems, match="1 problem"):
        two.pushed(Changed.CODE)
    commit(two.config, {"roles.yaml": "with new"})
    assert two.commits(two.pushed(Changed.CODE))[1] == commit_of(two.config, "HEAD")


def test_a_commit_that_reverts_another_counts_as_the_code_that_it_has(two: Two) -> None:
    first = two.pushed(Changed.CODE)
    commit(two.code, {"stages/role": "bad"})
    bad = two.pushed(Changed.CODE)
    commit(two.code, {"stages/role": "one"})
    commit(two.config, {"roles.yaml": "two"})
    release = two.pushed(Changed.CONFIG)
    assert release.pin.code == first.pin.code != bad.pin.code
    assert release.pin.commit == commit_of(two.code, "HEAD")


def test_without_tested_code_a_config_makes_no_release(two: Two) -> None:
    with pytest.raises(Deferred, match="was never pinned"):
        two.pushed(Changed.CONFIG)
    assert not two.shop().history().releases


def test_rejected_code_goes_with_no_config_and_older_code_not_in_its_place(two: Two) -> None:
    two.pushed(Changed.CODE)
    commit(two.code, {"stages/role": "bad"})
    bad = two.pushed(Changed.CODE)
    commit(two.config, {"roles.yaml": "two"})
    two.pushed(Changed.CONFIG)  # whose release was rejected by nobody
    reject(two.shop(), bad.id, "it loses rows")
    commit(two.config, {"roles.yaml": "three"})
    with pytest.raises(NotEligible, match="was rejected") as caught:
        two.pushed(Changed.CONFIG)
    assert "it loses rows" in caught.value.why
    assert caught.value.next.startswith("promote reject r2 --withdraw --reason TEXT")

    withdraw(two.shop(), bad.id, "the fault was in the test")
    assert two.pushed(Changed.CONFIG).pin.code == bad.pin.code


def test_what_is_not_committed_is_in_no_candidate(two: Two) -> None:
    release = two.pushed(Changed.CODE)
    (two.code / "stages/role").write_text("not committed")
    with pytest.raises(DirtyTree):
        two.pushed(Changed.CODE)
    with pytest.raises(DirtyTree):
        two.pushed(Changed.CONFIG)
    assert list(two.shop().history().releases) == [release.id]


def test_what_is_not_committed_of_a_config_at_hand_is_refused(two: Two) -> None:
    two.pushed(Changed.CODE)
    (two.config / "roles.yaml").write_text("not committed")
    for changed in Changed:
        with pytest.raises(DirtyTree) as caught:
            candidate(two.shop(), str(two.config), changed)
        assert caught.value.where == str(two.config)
        assert "roles.yaml" in caught.value.why
