"""The virtual environment of a release: made once, by one, and never half."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.adapters.venvs import Venvs, venv_name
from pipeline.core.errors import TryAgain, UsageProblem


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "code/requirements").mkdir(parents=True)
    (tmp_path / "code/requirements/runtime.txt").write_text("")
    return tmp_path / "code"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def venvs(tmp_path: Path, told: list[str]) -> Venvs:
    return Venvs(tmp_path / "site", told.append)


def test_a_venv_is_built_once_for_a_lock_and_runs_python_apart_from_ours(
    venvs: Venvs, code: Path, told: list[str]
) -> None:
    python = venvs.python_for(code)
    printed = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], check=True, capture_output=True, text=True
    )

    assert printed.stdout.strip() == str(python.parent.parent)
    assert printed.stdout.strip() != sys.prefix
    assert venvs.python_for(code) == python
    assert len(told) == 1


def test_another_lock_or_another_python_is_another_venv() -> None:
    names = {
        venv_name(b"a", "3.11.7"),
        venv_name(b"b", "3.11.7"),
        venv_name(b"a", "3.12.0"),
    }
    assert len(names) == 3
    assert all(len(name) == 16 for name in names)


def test_one_that_was_left_half_built_is_built_again(venvs: Venvs, code: Path, told: list[str]) -> None:
    python = venvs.python_for(code)
    (python.parent.parent / ".complete").unlink()
    python.unlink()

    assert venvs.python_for(code).exists()
    assert len(told) == 2


def test_a_lock_that_cannot_be_installed_may_be_retried(venvs: Venvs, code: Path) -> None:
    (code / "requirements/runtime.txt").write_text("./not-there-at-all")

    with pytest.raises(TryAgain, match="could not be built"):
        venvs.python_for(code)


def test_a_release_without_a_lock_says_so(venvs: Venvs, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no lock"):
        venvs.python_for(tmp_path)
