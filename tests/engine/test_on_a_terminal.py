"""`promote` on a real pseudo-terminal, and what it must not do where there is none."""

import fcntl
import os
import re
import signal
import struct
import termios
from collections.abc import Callable

from machine import Machine

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A `promote`, by default into dev, whose stdin, stdout and stderr are a terminal of 80 columns."""

    def __init__(self, machine: Machine, *argv: str, **environment: str) -> None:
        self._ours, theirs = os.openpty()
        self.resize(80)
        shown = {"TERM": "xterm-256color", **environment}
        self.process = machine.start(
            *(argv or ("--stage", "dev")), stdin=theirs, stdout=theirs, stderr=theirs, **shown
        )
        os.close(theirs)
        self.text = ""

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read_until(self, done: Callable[[str], bool]) -> None:
        """Read on, to the end of the process if need be."""
        while not done(self.text):
            try:
                self.text += os.read(self._ours, 4096).decode()
            except OSError:  # EIO: nobody has the other side open any more
                break

    def answer(self, question: str, words: str) -> None:
        self.read_until(lambda text: question in text)
        os.write(self._ours, words.encode())

    def end(self) -> int:
        self.read_until(lambda _text: False)
        os.close(self._ours)
        return self.process.wait(60)

    def hang_up(self) -> None:
        os.close(self._ours)


def test_a_terminal_shows_what_runs_and_ends_with_the_result(machine: Machine) -> None:
    terminal = Terminal(machine)

    assert terminal.end() == 0
    shown = ESCAPE.sub("", terminal.text)
    assert re.search(r"steps +\S+ [0-3] of 3", shown)
    assert re.search(r"dev  promote r1 .* p1", shown)
    assert "\x1b[?25h" in terminal.text  # the cursor is back
    assert "ATTEMPT  KIND" in shown.partition("p1: verified\r\n")[2]
    assert "of 3" not in shown.partition("ATTEMPT  KIND")[2]
    # Of the lines that stay: no step that begins, no check that passed.
    assert "begin " not in shown
    assert len(re.findall(r"done  (?:one|two|three)\r\n", shown)) == 3


def test_what_the_terminal_says_of_an_interruption_stays(machine: Machine) -> None:
    machine.pause()
    terminal = Terminal(machine)
    terminal.read_until(lambda text: "two" in text)
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(lambda text: "press Ctrl-C again to kill them\r\n" in text)
    terminal.resize(40)
    machine.go_on()

    assert terminal.end() == 130
    assert "SIGINT: finishing the steps that run; press Ctrl-C again to kill them" in terminal.text
    assert terminal.text.rstrip().endswith("next: promote resume --stage dev")


def test_a_terminal_that_goes_away_interrupts_and_loses_nothing(machine: Machine) -> None:
    machine.pause()
    terminal = Terminal(machine)
    terminal.read_until(lambda text: "two" in text)
    terminal.hang_up()
    terminal.process.send_signal(signal.SIGHUP)
    machine.go_on()
    assert terminal.process.wait(60) == 129

    machine.promote("resume")
    assert machine.history() == [("promote", "r1", "verified")]


def test_no_color_has_no_color(machine: Machine) -> None:
    terminal = Terminal(machine, NO_COLOR="1")

    assert terminal.end() == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", terminal.text)


def test_a_terminal_that_can_do_nothing_gets_lines(machine: Machine) -> None:
    terminal = Terminal(machine, TERM="dumb")

    assert terminal.end() == 0
    assert "\x1b" not in terminal.text
    assert "begin one: write it" in terminal.text


def test_a_pipe_gets_lines_and_costs_no_import_of_what_draws(machine: Machine) -> None:
    machine.promote("--stage", "dev", TERM="xterm", PYTHONPROFILEIMPORTTIME="1")

    assert "begin one: write it" in machine.err
    assert "\x1b" not in machine.err
    assert "| pipeline" in re.sub(r"\| +", "| ", machine.err)
    assert "| rich" not in re.sub(r"\| +", "| ", machine.err)


def test_a_person_is_asked_before_a_protected_stage_and_a_pipe_is_refused(machine: Machine) -> None:
    machine.promote("to", "dev")
    machine.promote("to", "staging", code=2)
    assert machine.err.splitlines()[-1] == "next: promote to staging --yes"

    no = Terminal(machine, "to", "staging")
    no.answer("promote r1 to staging? [y/N]: ", "n\n")
    assert no.end() == 2
    assert machine.world("staging") == {}

    yes = Terminal(machine, "to", "staging")
    yes.answer("promote r1 to staging? [y/N]: ", "y\n")
    assert yes.end() == 0
    assert "nothing stands in staging" in yes.text
    assert machine.history()[-1] == ("promote", "r1", "verified")


def test_a_watch_shows_the_run_of_another_process_until_control_c(machine: Machine) -> None:
    with machine.paused_at_step_two(stay=True) as running:
        watching = Terminal(machine, "status", "--watch", COLUMNS="120")
        watching.read_until(lambda text: "p1 promote r1: performing, " in text)
        watching.process.send_signal(signal.SIGINT)

        assert watching.end() == 0
        assert "\x1b[?25h" in watching.text  # the cursor is back
        running.kill()
