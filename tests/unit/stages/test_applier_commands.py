"""The applier and guarded commands, waits, facts, tokens and the lock."""

import fcntl
import json
import subprocess
import sys
from typing import Any

import pytest
from applier_on import HostDirectory

from stages.design.manifest import Command, File, Manifest, Wait, telling
from stages.machine.substrates.remote import LOCKED


def shell(host: HostDirectory, text: str) -> tuple[str, ...]:
    return ("sh", "-c", f"cd {host.top}; {text}")


def run(host: HostDirectory, *commands: Command | Wait, token: int = 1) -> dict[str, Any]:
    return host.ask("run", token=token, commands=[command.to_json() for command in commands])


def test_a_command_runs_unless_its_guard_says_that_it_is_done(host: HostDirectory) -> None:
    command = Command("make", shell(host, "echo made >>log"), unless=shell(host, "test -e log"))
    assert [change["action"] for change in run(host, command)["changes"]] == ["run"]
    assert run(host, command)["changes"] == []
    assert (host.top / "log").read_text() == "made\n"


def test_a_manifests_commands_run_after_its_files_and_not_in_a_dry_run(host: HostDirectory) -> None:
    command = Command(
        "copy", shell(host, "cp root/etc/a root/etc/b"), unless=shell(host, "test -e root/etc/b")
    )
    wanted = Manifest("h", files=(File("/etc/a", "text"),), commands=(command,)).to_json()
    assert host.ask("dry_run", manifest=wanted)["changes"][-1]["action"] == "run"
    assert not host.at("/etc/b").exists()
    assert host.ask("apply", token=1, manifest=wanted)["ok"]
    assert host.read("/etc/b") == "text"


def test_the_first_failure_ends_the_list_and_tells_what_was_printed(host: HostDirectory) -> None:
    reply = run(
        host,
        Command("first", ("true",)),
        Command("second", ("sh", "-c", "echo why; exit 4")),
        Command("third", shell(host, "touch third")),
    )
    assert reply["error"] == {"what": "command second ended with 4", "why": "why"}
    assert [change["name"] for change in reply["changes"]] == ["first", "second"]
    assert not (host.top / "third").exists()


@pytest.mark.parametrize(("status", "transient"), [(75, True), (1, False), (0, False)])
def test_a_command_says_by_its_exit_status_whether_a_retry_may_help(
    host: HostDirectory, status: int, *, transient: bool
) -> None:
    reply = run(host, Command("busy", ("sh", "-c", f"exit {status}")))
    assert (reply["ok"], reply["transient"]) == (status == 0, transient)


def test_what_a_command_prints_is_told_only_where_it_is_for_people(host: HostDirectory) -> None:
    printing = ("sh", "-c", "echo one; echo; echo two")
    assert run(host, Command("quiet", printing), Command("told", printing, tells=True))["told"] == [
        "one",
        "two",
    ]
    assert "tells" not in Command("quiet", printing).to_json()
    assert run(host, Command("guarded", printing, unless=("true",), tells=True))["told"] == []


def test_a_command_that_does_not_end_is_killed_with_its_children(host: HostDirectory) -> None:
    reply = run(host, Command("slow", ("sh", "-c", "sleep 600 & sleep 600"), within=0.2))
    assert reply["error"] == {"what": "command slow ended with 124", "why": "killed after 0.2 s"}
    assert reply["seconds"] < 5


def test_a_program_that_is_not_there_is_an_error_that_says_so(host: HostDirectory) -> None:
    assert run(host, Command("c", ("no-such-program",)))["error"] == {
        "what": "command c ended with 127",
        "why": "no-such-program: No such file or directory",
    }


def test_a_commands_secrets_come_by_a_file(host: HostDirectory) -> None:
    environment = File("/etc/app.env", '# for the client\nPASSWORD="@@secret:admin@@"\n', mode=0o600)
    check = Command("log in", ("sh", "-c", 'test "$PASSWORD" = "Tr0ub4dor&3"'), env_file="/etc/app.env")
    assert host.ask(
        "apply", token=1, manifest=Manifest("h", files=(environment,), commands=(check,)).to_json()
    )["ok"]


def test_a_wait_asks_until_the_answer_is_yes(host: HostDirectory) -> None:
    until = shell(host, "echo x >>asked; test $(wc -l <asked) -ge 3")
    assert run(host, Wait("three", until, within=10, every=0.01))["ok"]
    assert (host.top / "asked").read_text() == "x\n" * 3


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("echo 12 MB", "12 MB"),
        ("exit 3", "what it measured is not known: the command that tells it ended with 3"),
    ],
)
def test_a_command_that_only_tells_fails_nothing(host: HostDirectory, program: str, told: str) -> None:
    assert run(host, telling("sh", "-c", program))["told"] == [told]


def test_a_wait_that_does_not_come_true_tells_the_last_answer(host: HostDirectory) -> None:
    reply = run(host, Wait("synced", ("sh", "-c", "echo Joining; exit 1"), within=0.1, every=0.01))
    assert reply["error"]["what"] == "synced timed out"
    assert reply["error"]["why"] == "not within 0.1 s; last answer: 1\nJoining"


def test_the_same_question_is_asked_once_and_answers_all_who_put_it(host: HostDirectory) -> None:
    count = ["sh", "-c", f"echo x >>{host.top}/asked; wc -l <{host.top}/asked"]
    facts = [{"name": name, "run": count, "within": 5} for name in ("one", "two")]
    answers = host.ask("facts", facts=facts)["facts"]
    assert answers["one"] == answers["two"] == {"rc": 0, "stdout": "1\n"}


def test_facts_are_answers_even_when_they_can_not_be_had(host: HostDirectory) -> None:
    facts = [
        {"name": "good", "run": ["echo", "yes"]},
        {"name": "bad", "run": ["sh", "-c", "echo no; exit 3"]},
        {"name": "none", "run": ["no-such-program"]},
    ]
    expected = {
        "good": {"rc": 0, "stdout": "yes\n"},
        "bad": {"rc": 3, "stdout": "no\n"},
        "none": {"rc": 127, "stdout": ""},
    }
    before = host.tree()
    assert host.ask("facts", facts=facts)["facts"] == expected
    assert host.ask("dry_run", facts=facts, manifest=Manifest("h").to_json())["facts"] == expected
    assert host.tree() == before


class TestFencing:
    """Whoever holds an older token changes nothing any more."""

    EMPTY = Manifest("h", files=(File("/etc/a", "older"),)).to_json()

    def test_an_older_token_is_refused_and_nothing_changes(self, host: HostDirectory) -> None:
        host.ask("apply", token=12, manifest=Manifest("h").to_json())
        before = host.tree()
        for mode in ("apply", "run"):
            reply = host.ask(mode, token=11, manifest=self.EMPTY, commands=[])
            assert (reply["ok"], reply["error"]) == (False, None)
            assert reply["refused"] == "older token 11, host has 12"
        assert host.tree() == before

    def test_the_same_and_a_newer_token_are_served_and_count_from_before_the_first_effect(
        self, host: HostDirectory
    ) -> None:
        assert all(host.ask("run", token=token, commands=[])["ok"] for token in (3, 3, 5))
        assert run(host, Command("fails", ("false",)), token=9)["error"]["what"].startswith("command fails")
        assert host.ask("run", token=8, commands=[])["refused"] == "older token 8, host has 9"

    def test_a_change_without_a_token_is_an_error(self, host: HostDirectory) -> None:
        assert "no fencing token" in host.ask("apply", manifest=self.EMPTY)["error"]["why"]

    def test_a_host_that_lost_its_state_is_not_changed(self, host: HostDirectory) -> None:
        state = host.at("/var/lib/stagegate/state.json")
        state.parent.mkdir(parents=True)
        state.write_text('{"token": 1')
        reply = host.ask("apply", token=1, manifest=self.EMPTY)
        assert reply["error"]["what"] == "/var/lib/stagegate/state.json can't be read"
        assert not host.at("/etc/a").exists()


class TestLock:
    """One applier at a time changes a host."""

    def test_a_locked_host_is_not_changed(self, host: HostDirectory) -> None:
        (host.root / "run").mkdir()
        with (host.root / "run/stagegate.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            reply = host.ask("run", token=1, lock_within=0.1, commands=[])
        assert reply["error"] == {"what": LOCKED, "why": "another applier held it for 0.1 s"}

    def test_the_command_of_a_killed_applier_keeps_the_lock_till_it_ends(self, host: HostDirectory) -> None:
        kill = f"kill -9 $PPID; exec {sys.executable} -c 'import time; time.sleep(30)'"
        command = Command("long", ("sh", "-c", f"echo $$ >{host.top}/pid; {kill}"))
        # Its output goes to pipes of the killed applier, so nothing here waits for the command's end.
        assert host.start({"mode": "run", "token": 1, "commands": [command.to_json()]}).returncode == -9
        assert host.ask("run", token=2, lock_within=0.1, commands=[])["error"]["what"] == LOCKED
        subprocess.run(["kill", "-9", (host.top / "pid").read_text().strip()], check=True)
        assert host.ask("run", token=2, commands=[])["ok"]


def test_a_request_in_another_protocol_is_not_guessed_at(host: HostDirectory) -> None:
    reply = json.loads(host.start({"protocol": 2, "mode": "apply", "token": 1}).stdout)
    assert reply["error"] == {"what": "the request isn't understood", "why": "protocol 2, mode apply"}
