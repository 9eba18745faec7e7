"""`make prove` in pieces: each proof in a process of its own, none left out that has not passed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import repositories

SCRIPT = Path(__file__).resolve().parents[1] / "setup" / "prove.sh"
# Instead of pytest, and with a report as its: red or skipped where the proof says so.
PYTEST = """
report=$2 proof=$3 skipped=0
echo "ran $proof"
if grep -q skip "$proof"; then skipped=1; fi
echo "<testsuites><testsuite skipped='$skipped' tests='1'/></testsuites>" > "$report"
! grep -q red "$proof"
"""
COMMAND = ("sh", "-c", PYTEST, "-")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = repositories.repository_at(
        tmp_path / "it",
        {"a.py": "green", "b.py": "red", "docs/page": "", ".gitignore": "evidence/\n", "setup/x": ""},
    )
    shutil.copy(SCRIPT, place / "setup" / "prove.sh")
    repositories.run(place, "add", "--all")
    repositories.run(place, "commit", "--quiet", "--message", "the script")
    return place


def prove(repository: Path, *proofs: str, rounds: str = "") -> tuple[int, list[str], str]:
    """Its exit code, the proofs that ran, and all that it said; `rounds` asks for a quick look."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STAGEGATE_")}
    environment |= {"STAGEGATE_PROVE_ROUNDS": rounds} if rounds else {}
    argv = (repository / "setup" / "prove.sh", *proofs, "--", *COMMAND)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=30)
    ran = [line.removeprefix("ran ") for line in done.stdout.splitlines() if line.startswith("ran ")]
    return done.returncode, ran, done.stdout + done.stderr


def test_a_red_proof_holds_up_no_other_and_is_told(repository: Path) -> None:
    code, ran, said = prove(repository, "b.py", "a.py")
    assert (code, ran) == (1, ["b.py", "a.py"])
    assert "RED (1)        b.py" in said
    assert "passed         a.py" in said


def test_the_same_call_again_runs_what_has_not_passed(repository: Path) -> None:
    prove(repository, "a.py", "b.py")
    code, ran, said = prove(repository, "a.py", "b.py")
    assert (code, ran) == (1, ["b.py"])
    assert "passed before  a.py" in said


def test_figures_that_are_written_begin_nothing_anew_and_other_changes_do(repository: Path) -> None:
    prove(repository, "a.py")
    repositories.commit(repository, {"docs/page": "figures"})
    assert prove(repository, "a.py")[:2] == (0, [])
    repositories.commit(repository, {"b.py": "green"})
    assert prove(repository, "a.py")[:2] == (0, ["a.py"])


def test_a_quick_look_leaves_the_whole_to_be_proved(repository: Path) -> None:
    assert prove(repository, "a.py", rounds="2")[:2] == (0, ["a.py"])
    assert prove(repository, "a.py")[:2] == (0, ["a.py"])
    assert prove(repository, "a.py")[:2] == (0, [])


def test_a_proof_that_is_not_there_is_red(repository: Path) -> None:
    code, ran, said = prove(repository, "a.py", "c.py")
    assert (code, ran) == (1, ["a.py"])
    assert "IS NOT THERE   c.py" in said


def test_a_proof_of_which_all_is_skipped_is_red(repository: Path) -> None:
    repositories.commit(repository, {"a.py": "skip"})
    code, ran, said = prove(repository, "a.py")
    assert (code, ran) == (1, ["a.py"])
    assert "ALL SKIPPED    a.py" in said


def test_what_is_not_committed_is_not_proved(repository: Path) -> None:
    (repository / "a.py").write_text("green, changed")
    code, ran, said = prove(repository, "a.py")
    assert (code, ran) == (2, [])
    assert "a.py" in said


def test_no_proof_is_no_pass(repository: Path) -> None:
    assert prove(repository)[:2] == (2, [])
