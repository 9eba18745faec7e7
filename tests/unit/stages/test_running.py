"""Programs that stages starts end with it, and one that fails is told with what to do next."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.errors import ProgramFailed
from stages.machine.images.build import not_fetched
from stages.machine.running import affirms, run

CODE = Path(__file__).parents[3]


def test_a_program_gives_what_it_wrote() -> None:
    assert run(["cat"], text="a line\n") == "a line\n"


def test_a_program_that_fails_is_told_with_its_last_words_and_what_to_do() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["sh", "-c", "echo no such pool >&2; exit 3"])
    assert caught.value.what.endswith("exited 3")
    assert (caught.value.why, caught.value.next) == ("no such pool", "promote doctor")


def test_a_program_that_is_not_there_is_told_so() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["no-such-program-anywhere"])
    assert caught.value.what == "no-such-program-anywhere is not on this machine"


@pytest.mark.parametrize(("code", "answer"), [(0, True), (1, False)])
def test_a_question_is_answered_by_the_exit_code(code: int, answer: bool) -> None:  # noqa: FBT001 - a parameter
    assert affirms(["sh", "-c", f"exit {code}"]) is answer


def test_a_question_that_could_not_be_answered_is_an_error() -> None:
    with pytest.raises(ProgramFailed) as caught:
        affirms(["sh", "-c", "echo cannot lock the store >&2; exit 125"])
    assert (caught.value.what, caught.value.why) == (
        "sh -c 'echo cannot lock the store >&2; exit 125' exited 125",
        "cannot lock the store",
    )


def test_a_program_is_killed_with_whoever_runs_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = "import sys; from stages.machine.running import run; run(['sh', '-c', sys.argv[1]])"
    argv = [sys.executable, "-c", script, f"exec 3> {pipe}; exec sleep 300"]
    with subprocess.Popen(argv, cwd=CODE) as child, pipe.open() as held:
        child.kill()
        assert held.read() == "", "the pipe ends when the last one that holds it is gone"


@pytest.mark.parametrize(
    ("why", "transient"),
    [
        ("E: Failed to fetch http://deb/x.deb  503  Service Unavailable", True),
        ("error: Request failed after 3 retries\n  Caused by: dns error: failed to lookup address", True),
        ("Could not resolve 'deb.debian.org'", True),
        ("E: Unable to locate package haproxxy", False),
        ("STEP 5/9: RUN make 500s", False),
    ],
)
def test_a_build_that_could_not_download_may_be_tried_again(why: str, transient: bool) -> None:  # noqa: FBT001 - a parameter
    assert not_fetched(why) is transient
