"""What is asked of a host in one go, and that a check still judges by answers of its own."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from suites_sample import FakeHost, Sample, ThisMachine

from suites.errors import ReadingFailed
from suites.harness import gathering
from suites.harness.component import Component
from suites.harness.gathering import Ask, Gathering, OfTarget, gather, gathered, scripts_of
from suites.hosts.host import Output
from suites.hosts.reading import Observation, until
from suites.seam.target import Target


@dataclass(frozen=True, slots=True)
class Silent(ThisMachine):
    """A host that can't be reached."""

    def ask(self, script: str, *, within: int = 20) -> Output:
        del within
        self.asked.append(script)
        raise ReadingFailed("no answer over ssh", where=self.name)


WELL = Observation(holds=True, seen="well")
COMPONENT = Component(name="galera", healthy=lambda _: (), units=(), of_use=lambda _: WELL)


def test_many_scripts_take_one_call_and_each_has_its_own_answer() -> None:
    host = ThisMachine()
    scripts = ["echo 'a''b'; echo c", "echo no >&2; exit 3", "cat", "echo €", "kill $$"]
    answers = gather(host, scripts)
    assert len(host.asked) == 1
    assert answers[scripts[0]] == Output(0, "ab\nc\n", "")
    assert answers[scripts[1]] == Output(3, "", "no\n")
    assert answers["cat"] == Output(0, "", ""), "a script has nothing on stdin"
    assert answers["echo €"].stdout == "€\n"
    assert answers["kill $$"].status != 0


def test_a_script_that_hangs_is_ended_and_takes_no_others_answer_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurried = gathering.RUN.replace(f'"{gathering.EACH_WITHIN}"', '"1"')
    monkeypatch.setattr(gathering, "RUN", hurried)
    answers = gather(ThisMachine(), ["sleep 60", "echo well"])
    assert answers["sleep 60"].status == 124
    assert answers["echo well"].stdout == "well\n"


def test_a_gathered_answer_is_given_once_and_what_is_asked_again_is_asked_anew() -> None:
    host = ThisMachine()
    asked = gathered(host, ["echo well", "exit 4"])
    assert len(host.asked) == 1
    assert asked.read("echo well") == "well\n"
    assert len(host.asked) == 1
    assert asked.read("echo well") == "well\n"
    assert asked.ask("echo another").stdout == "another\n"
    assert host.asked[1:] == ["echo well", "echo another"]
    with pytest.raises(ReadingFailed, match="database-1: a reading ended with 4"):
        asked.read("exit 4")


def test_who_waits_for_a_change_sees_it(tmp_path: object) -> None:
    there = f"test -e {tmp_path}/there"
    asked = gathered(ThisMachine(), [there])
    subprocess.run(("touch", f"{tmp_path}/there"), check=True)

    def look() -> Observation:
        return Observation(asked.ask(there).status == 0, "seen")

    assert until(look, within=5).holds


def test_a_host_that_cant_be_reached_says_so_with_each_answer_and_is_asked_again() -> None:
    host = Silent()
    asked = gathered(host, ["a", "b"])
    assert len(host.asked) == 1
    for script in ("a", "b", "a"):
        with pytest.raises(ReadingFailed, match="no answer over ssh"):
            asked.ask(script)
    assert len(host.asked) == 2


def test_where_nothing_could_be_gathered_each_check_asks_its_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Slow(ThisMachine):
        def ask(self, script: str, *, within: int = 20) -> Output:
            if script.startswith("python3"):
                return Output(124, "", "")
            return ThisMachine.ask(self, script, within=within)

    found = Gathering({"one": Slow("one")})
    found.begin({"one": ["echo well", "exit 3"]})
    host = found.of("one", ["echo well", "exit 3"])
    assert host.read("echo well") == "well\n"
    assert host.ask("exit 3").status == 3
    found.end()


def test_an_answer_that_can_not_be_parsed_is_no_answer() -> None:
    babbling = FakeHost(output=Output(0, "[[0]]", ""))
    with pytest.raises(ReadingFailed, match="database-1: what was gathered can't be parsed"):
        gather(babbling, ["true", "false"])


def test_hosts_are_asked_beside_each_other_and_only_what_was_declared_is_gathered() -> None:
    one, other = ThisMachine("one"), ThisMachine("other")
    found = Gathering({"one": one, "other": other})
    found.begin({"one": ["echo 1", "echo 1"]})
    first = found.of("one", ["echo 1"])
    assert first.read("echo 1") == "1\n"
    assert len(one.asked) == 1
    assert found.of("one", ["echo 1"]).read("echo 1") == "1\n", "each check has the answer"
    assert len(one.asked) == 1
    assert found.of("other", []) is other
    found.end()


def test_what_a_check_asks_is_a_script_or_what_is_made_of_component_host_and_target(target: Target) -> None:
    of_target = OfTarget(lambda component, _, seen: [f"{component.name} of {seen.stage}"])
    asked: list[Ask] = ["true", lambda component, one: [component.name, one.address, "true"], of_target]
    found = scripts_of(asked, COMPONENT, ThisMachine(), target)
    assert found == ("true", "galera", "10.71.3.33", "galera of staging")


CHECKS = """
import pytest
from suites.harness.gathering import asks, asks_last
from suites.harness.errands import begins

@asks("echo gathered; date +%N")
def test_one(host, seen): seen(host.read("echo gathered; date +%N"))

@asks("echo gathered; date +%N")
def test_other(hosts, seen): seen(hosts[0].read("echo gathered; date +%N"))

@asks("exit 9")
def test_red(host): host.read("exit 9")

def test_doing(host): host.read("echo done > $DONE")

@asks_last("cat $DONE; date +%N")
def test_last(host, seen): seen(host.read("cat $DONE; date +%N"))

@asks_last("cat $DONE; date +%N")
def test_last_too(hosts, seen): seen(hosts[0].read("cat $DONE; date +%N"))

@begins(lambda at: f"{at.host.name} of {len(at.hosts)} in {at.target.stage}")
def test_begun(begun, seen): seen(begun())

@begins(lambda at: 1 / 0)
def test_begun_in_vain(begun, seen): seen(begun())
"""


def test_checks_share_a_gathering_and_fail_alone(
    sample: Sample, ssh_calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONE", str(sample.code / "done"))
    sample.write("components/right/test_smoke.py", CHECKS)
    ran = sample.gate()
    assert ran.status == 0, ran.stderr
    assert ran.seen["one"] == ran.seen["other"], "the one reading that there was"
    assert ran.seen["last"] == ran.seen["last_too"]
    assert ran.seen["last"].startswith("done"), "it is read once the checks before it are through"
    assert ssh_calls.read_text().split() == ["call"] * 3, "at first, by a check, and at last"
    assert ran.outcomes["right/database-1/red"] == "failed"
    assert ran.seen["red"] == "ReadingFailed: database-1: a reading ended with 9: no output"
    assert ran.seen["begun"] == "database-1 of 1 in staging"
    assert ran.outcomes["right/-/begun_in_vain"] == "failed"
    assert "ZeroDivisionError" in ran.seen["begun_in_vain"]
