"""What revisions promise: the fake and git, and what git promises beyond."""

from pathlib import Path

import pytest
from pinning import Copied, copy, pinned
from programs import executable
from repositories import commit, run

from pipeline.adapters.addresses import split_revision
from pipeline.adapters.git import git, toplevel
from pipeline.adapters.homes import released
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import DirtyTree, UsageProblem
from pipeline.ports import Revisions
from pipeline.testing import FakeRevisions, make_pin


@pytest.fixture(params=["fake", "git"])
def any_revisions(request: pytest.FixtureRequest, repository: Path, site: Path) -> Revisions:
    return FakeRevisions(make_pin("a")) if request.param == "fake" else GitRevisions(repository, site)


def test_the_same_checkout_is_the_same_pair_and_may_be_materialised_twice(any_revisions: Revisions) -> None:
    checkout = any_revisions.identify(None)
    assert any_revisions.identify(None) == checkout
    any_revisions.materialise(checkout)
    any_revisions.materialise(checkout)


def test_a_copy_is_required_until_there_is_one(any_revisions: Revisions) -> None:
    checkout = any_revisions.identify(None)
    with pytest.raises(UsageProblem, match="the release's copy is not in this site"):
        any_revisions.require_copy(checkout.pin.id)
    any_revisions.materialise(checkout)
    any_revisions.require_copy(checkout.pin.id)


def test_a_dirty_checkout_is_refused(any_revisions: Revisions, repository: Path) -> None:
    if isinstance(any_revisions, FakeRevisions):
        any_revisions.dirty = True
    (repository / "stages/role").write_text("changed")

    with pytest.raises(DirtyTree):
        any_revisions.identify(None)


@pytest.mark.parametrize(
    ("changed", "same"), [("config/roles", (True, False)), ("stages/role", (False, True))]
)
def test_a_change_of_code_or_config_alone_keeps_the_other(
    revisions: GitRevisions, repository: Path, changed: str, same: tuple[bool, bool]
) -> None:
    before = revisions.identify(None).pin
    commit(repository, {changed: "another"})
    after = revisions.identify(None).pin

    assert (after.code == before.code, after.config == before.config) == same
    assert after.id != before.id


def test_an_empty_commit_and_an_ignored_file_are_no_change(revisions: GitRevisions, repository: Path) -> None:
    before = revisions.identify(None).pin
    run(repository, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    (repository / "ignored").write_text("whatever")

    assert revisions.identify(None).pin.id == before.id


@pytest.mark.parametrize("change", ["stages/role", "config/roles", "new"])
def test_every_changed_or_new_file_is_named(revisions: GitRevisions, repository: Path, change: str) -> None:
    (repository / change).write_text("changed")

    with pytest.raises(DirtyTree) as caught:
        revisions.identify(None)
    assert change in caught.value.why


def test_a_dirty_config_repository_is_refused(revisions: GitRevisions, external: Path) -> None:
    (external / "roles").write_text("changed")

    with pytest.raises(DirtyTree):
        revisions.identify(str(external))


def test_code_and_config_lie_apart_under_the_site_and_stay_when_the_checkout_moves_on(
    repository: Path, copied: Copied
) -> None:
    made = copied()
    commit(repository, {"stages/role": "second"})
    copied()

    assert (made / "code/stages/role").read_text() == "first"
    assert (made / "config/roles").read_text() == "one"
    assert not (made / "code/config").exists()
    assert sorted(path.name for path in made.iterdir()) == ["code", "config"]


def test_a_copy_that_breaks_off_leaves_nothing(revisions: GitRevisions, site: Path, repository: Path) -> None:
    checkout = revisions.identify(None)
    hidden = repository.parent / "hidden"
    repository.rename(hidden)

    with pytest.raises(UsageProblem):
        revisions.materialise(checkout)
    assert list((site / "releases").iterdir()) == []


def test_an_external_config_repository_is_named_by_its_commit(
    revisions: GitRevisions, external: Path, copied: Copied
) -> None:
    first = revisions.identify(str(external))
    commit(external, {"roles": "external"})
    second = revisions.identify(str(external))

    assert first.pin.config == revisions.identify(None).pin.config  # equal bytes, equal digest
    assert second.pin.config_revision != first.pin.config_revision
    assert (copied(external) / "config/roles").read_text() == "external"

    older = copied(f"{external}@{first.pin.config_revision}")
    assert (older / "config/roles").read_text() == "one"


def test_a_config_repository_can_be_an_address(revisions: GitRevisions, external: Path, site: Path) -> None:
    commit(external, {"roles": "far away"})
    checkout = pinned(revisions, f"file://{external}@main")

    assert (copy(site, checkout) / "config/roles").read_text() == "far away"
    with revisions.loose(f"file://{external}@main") as directory:
        assert (directory / "roles").read_text() == "far away"

    commit(external, {"roles": "moved on"})
    assert revisions.identify(f"file://{external}@main").pin.id != checkout.pin.id


def test_a_config_that_is_not_there_is_called_that(revisions: GitRevisions, tmp_path: Path) -> None:
    missing = str(tmp_path / "no-such-config")

    with pytest.raises(UsageProblem, match="no such config"):
        revisions.identify(missing)
    with pytest.raises(UsageProblem, match="no such config") as caught, revisions.loose(missing):
        pass

    assert (caught.value.where, bool(caught.value.next)) == (missing, True)


def test_an_address_that_cannot_be_cloned_is_named_without_its_password(
    revisions: GitRevisions, tmp_path: Path
) -> None:
    with pytest.raises(UsageProblem) as caught, revisions.loose(f"file://user:secret@{tmp_path}/nowhere"):
        pass

    assert "secret" not in " ".join(caught.value.lines())
    assert caught.value.next == f"git ls-remote file://{tmp_path}/nowhere"


def test_a_revision_that_is_not_there_is_named(revisions: GitRevisions, repository: Path) -> None:
    with pytest.raises(UsageProblem, match="no revision 'v9'") as caught:
        revisions.identify(f"{repository}@v9")

    assert "log" in caught.value.next


def test_what_git_refuses_is_told_with_a_command_that_shows_it(repository: Path) -> None:
    with pytest.raises(UsageProblem) as caught:
        git(repository, "fetch", "nowhere")

    assert caught.value.next == f"git -C {repository} fetch nowhere"


def test_a_directory_outside_every_checkout_has_no_root(tmp_path: Path) -> None:
    assert toplevel(tmp_path) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}, "dubious ownership"),
        ({"PATH": "/nowhere"}, "git is not installed"),
    ],
    ids=["git refuses to look", "there is no git"],
)
def test_a_checkout_that_cannot_be_looked_at_is_not_taken_for_none(
    repository: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(UsageProblem) as caught:
        toplevel(repository)

    assert said in " ".join(caught.value.lines())


def test_a_plain_directory_is_a_config_named_by_its_digest(
    revisions: GitRevisions, tmp_path: Path, site: Path
) -> None:
    plain = tmp_path / "plain"
    (plain / "stages").mkdir(parents=True)
    (plain / "stages/dev").write_text("x")
    first = pinned(revisions, plain)
    (plain / "stages/dev").write_text("y")

    assert revisions.identify(str(plain)).pin.config != first.pin.config
    assert (copy(site, first) / "config/stages/dev").read_text() == "x"


def test_commits_between_two_releases_are_named_newest_first(
    revisions: GitRevisions, repository: Path
) -> None:
    before = revisions.identify(None).pin
    commit(repository, {"stages/role": "second"})
    commit(repository, {"stages/role": "third"})
    after = revisions.identify(None).pin

    assert [item.subject for item in revisions.commits_between(before.commit, after.commit)] == [
        "change stages/role",
        "change stages/role",
    ]
    assert list(revisions.commits_between("0" * 40, after.commit)) == []


def test_settings_and_packages_are_read_as_plain_data(revisions: GitRevisions, repository: Path) -> None:
    commit(
        repository,
        {
            "config/stages/dev.yaml": "roles: {database: 1}\ngates: [smoke]\n",
            "requirements/runtime.txt": "# made by uv\nclick==8.5.1 \\\n    --hash=sha256:00\nrich==15.0\n",
            # Where older releases have them, and where those of today do.
            "stages/images/locks/2026.1/debian.txt": "haproxy 2.6.12-1\ngalera-4=26.4.13\n",
            "stages/machine/images/locks/2026.1.txt": "nova==33.0.0\n",
        },
    )
    checkout = pinned(revisions)

    assert revisions.settings(checkout.pin.id) == {
        "stages/dev.yaml: roles.database": "1",
        "stages/dev.yaml: gates": "['smoke']",
    }
    assert revisions.packages(checkout.pin.id) == {
        "requirements/runtime.txt: click": "8.5.1",
        "requirements/runtime.txt: rich": "15.0",
        "images/locks/2026.1/debian.txt: haproxy": "2.6.12-1",
        "images/locks/2026.1/debian.txt: galera-4": "26.4.13",
        "images/locks/2026.1.txt: nova": "33.0.0",
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/somewhere/config", ("/somewhere/config", None)),
        ("/somewhere/config@v1", ("/somewhere/config", "v1")),
        ("https://example.org/config.git@release/1", ("https://example.org/config.git", "release/1")),
        ("ssh://git@example.org/config.git", ("ssh://git@example.org/config.git", None)),
        ("git@example.org:config.git", ("git@example.org:config.git", None)),
        ("git@example.org:config.git@abc", ("git@example.org:config.git", "abc")),
        ("https://user@example.org/config.git", ("https://user@example.org/config.git", None)),
    ],
)
def test_a_revision_follows_the_last_at_sign_that_is_no_part_of_the_address(
    text: str, parts: tuple[str, str | None]
) -> None:
    assert split_revision(text) == parts


def test_a_copy_is_used_as_long_as_it_is_what_was_pinned(
    repository: Path, copied: Copied, tmp_path: Path
) -> None:
    (repository / "stages/link").symlink_to("role")
    executable(repository / "stages/tool", "#!/bin/sh")
    commit(repository, {"stages/more": "x"})
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "roles").write_text("three")
    (plain / "alias").symlink_to("roles")
    for config in (None, plain):
        compiled = copied(config) / "code/stages/__pycache__"
        compiled.mkdir()
        (compiled / "role.pyc").touch()
        assert copied(config) == compiled.parents[2]


@pytest.mark.parametrize("changed", ["code/stages/role", "config/roles", "code/stages/new"])
def test_a_copy_that_was_changed_by_hand_is_refused(
    revisions: GitRevisions, site: Path, changed: str
) -> None:
    checkout = pinned(revisions)
    (copy(site, checkout) / changed).write_text("by hand")

    with pytest.raises(UsageProblem, match="differs from what was pinned"):
        released(site, lambda code: code)(checkout.pin.id)
