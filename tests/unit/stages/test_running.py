"""Programs that stages starts end with it, and one that fails is told with what to do next."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from child import CODE

from stages.errors import ProgramFailed
from stages.machine.running import affirms, run
from stages.machine.substrates.image import not_fetched

NO_SET_UP = "the set-up has not been run on this machine"


def test_what_a_program_printed_is_returned() -> None:
    assert run(["cat"], text="a line\n") == "a line\n"


@pytest.mark.parametrize(
    ("ask", "command", "what", "why", "advice"),
    [
        (run, "sh -c 'echo no such pool >&2; exit 3'", "exited 3", "no such pool", "promote doctor"),
        (run, "no-such-program", "is not on this machine", NO_SET_UP, "make setup"),
        (affirms, "sh -c 'echo locked >&2; exit 125'", "exited 125", "locked", "promote doctor"),
    ],
)
def test_a_program_that_fails_is_told_with_its_last_words_and_what_to_do(
    ask: Callable[[list[str]], object], command: str, what: str, why: str, advice: str
) -> None:
    with pytest.raises(ProgramFailed) as caught:
        ask(shlex.split(command))
    error = caught.value
    assert (error.what, error.why, error.next) == (f"{command} {what}", why, advice)


def test_a_question_is_answered_by_the_exit_code() -> None:
    assert affirms(["true"])
    assert not affirms(["false"])


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
