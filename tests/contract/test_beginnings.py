"""How config repositories begin: the fake and real ones, and what git has then."""

from pathlib import Path

import pytest
from repositories import run

from pipeline.adapters.config_beginning import CheckoutBeginnings
from pipeline.adapters.git import commit_of, dirty_files, git
from pipeline.core.errors import UsageProblem
from pipeline.testing import FakeBeginnings
from pipeline.tool_ports import Beginnings

FILES = {"stages/dev.yaml": b"gates: [smoke]\n", "README.md": "é\n".encode(), ".gitignore": b"/.code/\n"}


@pytest.fixture(autouse=True)
def known_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.org")


@pytest.fixture
def real(tmp_path: Path) -> CheckoutBeginnings:
    for folder, name in (("config", "stages/dev.yaml"), ("beside", "README.md")):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True)
        path.write_text("text")
    return CheckoutBeginnings(tmp_path / "config", tmp_path / "beside")


@pytest.fixture(params=["fake", "real"])
def beginnings(request: pytest.FixtureRequest, real: CheckoutBeginnings) -> Beginnings:
    return FakeBeginnings() if request.param == "fake" else real


def test_an_example_has_files_of_the_config_and_beside_it(beginnings: Beginnings) -> None:
    assert {"stages/dev.yaml", "README.md"} <= set(beginnings.example())


def test_a_repository_begins_once(beginnings: Beginnings, tmp_path: Path) -> None:
    assert len(beginnings.begin(tmp_path / "new", FILES)) == 40
    with pytest.raises(UsageProblem, match="not empty"):
        beginnings.begin(tmp_path / "new", FILES)


def test_texts_are_renewed_where_they_differ(beginnings: Beginnings, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no such folder"):
        beginnings.renew(tmp_path / "new", FILES)
    beginnings.begin(tmp_path / "new", FILES)
    assert list(beginnings.renew(tmp_path / "new", {**FILES, "README.md": b"e\n", "more": b""})) == [
        "README.md",
        "more",
    ]
    assert list(beginnings.renew(tmp_path / "new", {"more": b""})) == []


def test_the_first_commit_has_every_file_and_the_tree_is_clean(
    real: CheckoutBeginnings, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "new").mkdir(parents=True)  # an empty folder may be there
    commit = real.begin(tmp_path / "deep" / "new", FILES)
    place = tmp_path / "deep" / "new"
    assert commit_of(place, "main") == commit
    assert git(place, "ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0")[:-1] == sorted(FILES)
    assert (place / "README.md").read_text() == "é\n"
    assert dirty_files(place) == ()
    assert sorted(path.name for path in place.parent.iterdir()) == ["new"]


def test_where_git_refuses_nothing_is_left(
    real: CheckoutBeginnings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageProblem, match="git commit failed") as caught:
        real.begin(tmp_path / "new", FILES)
    assert caught.value.where == str(tmp_path / "new")
    assert "user.name" in caught.value.next
    assert sorted(tmp_path.iterdir()) == before


def test_an_example_that_is_missing_is_named(real: CheckoutBeginnings, tmp_path: Path) -> None:
    (tmp_path / "beside").rename(tmp_path / "elsewhere")
    with pytest.raises(UsageProblem, match="no example") as caught:
        real.example()
    assert caught.value.where == str(tmp_path / "beside")


def test_a_file_that_is_not_text_is_copied_as_it_is(real: CheckoutBeginnings, tmp_path: Path) -> None:
    secret = b"age-encryption.org/v1\n\xff\xfe\r\n"
    (tmp_path / "config/prod.age").write_bytes(secret)
    real.begin(tmp_path / "new", real.example())
    assert (tmp_path / "new/prod.age").read_bytes() == secret
    assert list(real.renew(tmp_path / "new", real.example())) == []


def test_a_folder_in_a_file_can_not_be_written(real: CheckoutBeginnings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem, match="can't be written"):
        real.begin(tmp_path / "file" / "new", FILES)


def test_it_is_a_repository_of_its_own_inside_another(real: CheckoutBeginnings, tmp_path: Path) -> None:
    run(tmp_path, "init", "--quiet")
    real.begin(tmp_path / "new", FILES)
    assert (tmp_path / "new" / ".git").is_dir()
