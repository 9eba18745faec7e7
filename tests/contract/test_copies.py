"""A release holds what its commit holds, byte for byte; what no copy can hold is refused at pinning."""

import os
from pathlib import Path

import pytest
from pinning import Copied, pinned, usable_copy
from repositories import commit, repository_at, run, staged

from pipeline.adapters import revisions_git
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.core.errors import UsageProblem


@pytest.mark.parametrize(
    "attributes",
    ["role export-ignore", "role export-subst", "role text eol=crlf", "role working-tree-encoding=UTF-16"],
)
def test_no_attribute_changes_a_copy(repository: Path, copied: Copied, attributes: str) -> None:
    commit(repository, {"stages/role": "$Format:%H$\nsecond\n"})
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text(f"{attributes}\n")

    assert (copied() / "code/stages/role").read_bytes() == b"$Format:%H$\nsecond\n"


def test_attributes_of_the_commit_itself_change_no_copy(repository: Path, copied: Copied) -> None:
    text = "$Format:%H$\n"
    commit(repository, {".gitattributes": "kept export-ignore\nid export-subst\n", "kept": "x", "id": text})

    code = copied() / "code"
    assert ((code / "kept").read_text(), (code / "id").read_text()) == ("x", text)


def test_a_setting_for_line_ends_changes_no_copy(repository: Path, copied: Copied) -> None:
    run(repository, "config", "core.autocrlf", "true")
    (repository / "stages/role").write_bytes(b"one\ntwo\n")
    run(repository, "add", "--all")
    run(repository, "commit", "--quiet", "--message", "lines")

    assert (copied() / "code/stages/role").read_bytes() == b"one\ntwo\n"


def test_names_in_any_script_with_spaces_or_in_other_case_are_pinned(
    repository: Path, copied: Copied
) -> None:
    names = {"schlüssel-鍵", "two words", "Role", "role", '"quoted"', "back\\slash"}
    commit(repository, {f"more/{name}": name for name in names})

    found = {path.name: path.read_text() for path in (copied() / "code/more").iterdir()}
    assert found == {name: name for name in names}


def test_links_within_the_tree_are_pinned_as_links(repository: Path, copied: Copied) -> None:
    (repository / "linked").symlink_to("stages")
    (repository / "stages/again").symlink_to("../stages/role")
    commit(repository, {"more": "x"})

    code = copied() / "code"
    assert (code / "linked").readlink() == Path("stages")
    assert (code / "stages/again").read_text() == "first"


@pytest.mark.parametrize("part", ["", "config/"])
@pytest.mark.parametrize(
    "odd",
    [
        ("160000", b"library", b"", "submodule"),
        ("120000", b"out", b"../../etc", "outside of its tree"),
        ("120000", b"root", b"/etc/passwd", "outside of its tree"),
        ("100644", b"two\nlines", b"x", "line break"),
        ("100644", b"tab\there", b"x", "control character"),
        ("100644", b"latin-\xe9", b"x", "not UTF-8"),
        ("100644", b"stages/__pycache__/role.pyc", b"x", "may have this name"),
        ("100644", b"picture", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_what_no_copy_can_hold_is_refused_at_pinning_with_its_name(
    revisions: GitRevisions, repository: Path, site: Path, part: str, odd: tuple[str, bytes, bytes, str]
) -> None:
    mode, name, target, why = odd
    staged(repository, mode, part.encode() + name, target)

    with pytest.raises(UsageProblem, match="cannot hold this file") as caught:
        pinned(revisions)

    assert why in caught.value.why
    place = repository / part
    assert caught.value.where == f"{place}: {name.decode(errors='surrogateescape')!r}"
    assert not list((site / "releases").glob("*"))


def test_a_link_that_leaves_through_another_link_is_refused(
    revisions: GitRevisions, repository: Path
) -> None:
    (repository / "here").symlink_to(".")
    (repository / "out").symlink_to("here/../../code")
    commit(repository, {"more": "x"})

    with pytest.raises(UsageProblem, match="cannot hold this file") as caught:
        pinned(revisions)
    assert caught.value.where.endswith("'out'")


def test_an_address_is_refused_for_the_same_reasons(revisions: GitRevisions, external: Path) -> None:
    staged(external, "160000", b"library")

    with pytest.raises(UsageProblem, match="cannot hold this file"):
        revisions.identify(f"file://{external}")
    with pytest.raises(UsageProblem, match="cannot hold this file"), revisions.loose(f"file://{external}"):
        pass


@pytest.mark.parametrize("kind", ["linked directory", "link to nothing", "pipe", "line break"])
def test_a_directory_with_what_no_copy_can_hold_is_refused(
    revisions: GitRevisions, tmp_path: Path, kind: str
) -> None:
    plain = tmp_path / "plain"
    (plain / "stages").mkdir(parents=True)
    (plain / "stages/dev").write_text("x")
    if kind == "pipe":
        os.mkfifo(plain / "odd")
    elif kind == "line break":
        (plain / "odd\n").touch()
    else:
        (plain / "odd").symlink_to("stages" if kind == "linked directory" else "nowhere")

    with pytest.raises(UsageProblem, match="cannot hold this file") as caught:
        revisions.identify(str(plain))
    assert "odd" in caught.value.where


def test_what_replaces_a_commit_in_this_clone_is_not_pinned(
    revisions: GitRevisions, repository: Path
) -> None:
    before = pinned(revisions)
    commit(repository, {"stages/role": "second"})
    run(repository, "checkout", "--quiet", "--detach", before.pin.commit)
    run(repository, "replace", before.pin.commit, "main")

    assert revisions.identify(None).pin == before.pin


def test_a_commit_made_meanwhile_is_not_mixed_with_the_one_that_was_digested(
    repository: Path, copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    digested = revisions_git.tree

    def slow(place: Path, revision: str):  # noqa: ANN202 - what it stands in for says it
        found = digested(place, revision)
        monkeypatch.setattr(revisions_git, "tree", digested)
        commit(repository, {"stages/role": "meanwhile"})
        return found

    monkeypatch.setattr(revisions_git, "tree", slow)

    assert (copied() / "code/stages/role").read_text() == "first"


def test_variables_of_a_git_hook_select_no_other_repository(
    revisions: GitRevisions, repository: Path, external: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(external, {"roles": "external"})
    wanted = revisions.identify(str(external)).pin
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(repository / ".git/objects"))

    assert revisions.identify(str(external)).pin == wanted


def test_a_config_in_a_folder_with_a_space_is_pinned(tmp_path: Path, repository: Path) -> None:
    site = tmp_path / "a site"
    place = repository_at(tmp_path / "a config", {"roles": "one"})

    for config in (place, f"{place}@main"):
        copy = usable_copy(GitRevisions(repository, site), site, config)
        assert (copy / "config/roles").read_text() == "one"
