"""What every Gates must tell of its checks: the components that they look at, or that nobody knows."""

import json

import pytest
from release_programs import CONTEXT, Release

from pipeline.adapters.suites_process import SuitesProcess
from pipeline.adapters.suites_watches import watches
from pipeline.core.errors import ChildCrashed
from pipeline.ports import Gates
from pipeline.testing import FakeGates

WATCHED = {"galera/writer_killed": ("galera", "keystone")}
ANSWER = json.dumps({"protocol": 1, "watches": WATCHED})
ASKED = "import sys, time\nassert sys.argv[1:] == ['watches', '--gate', 'smoke'], sys.argv\n"


def real(release: Release, program: str) -> Gates:
    release.program("suites", ASKED + program)
    return SuitesProcess(release.site, lambda _release: release.home, release.children, release.told)


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_suites_tell_what_their_checks_watch(kind: str, release: Release) -> None:
    gates = real(release, f"print({ANSWER!r})") if kind == "real" else FakeGates(watched={"smoke": WATCHED})
    assert gates.watches(CONTEXT, "smoke") == WATCHED


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_suites_that_cannot_tell_are_a_crash(kind: str, release: Release) -> None:
    gates = real(release, "sys.exit(1)") if kind == "real" else FakeGates(watched={"smoke": None})
    with pytest.raises(ChildCrashed, match="watches` of the release ended with status 1"):
        gates.watches(CONTEXT, "smoke")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "nonsense",
        '{"protocol": 1}',
        '{"protocol": 2, "watches": {}}',
        '{"protocol": 1, "watches": {"a/b": 7}}',
        f"{ANSWER}\n{ANSWER}",
    ],
)
def test_an_answer_that_is_not_one_valid_line_is_a_crash(answer: str, release: Release) -> None:
    with pytest.raises(ChildCrashed, match="malformed answer"):
        real(release, f"print({answer!r})").watches(CONTEXT, "smoke")


def test_what_suites_say_beside_it_is_the_reason(release: Release) -> None:
    with pytest.raises(ChildCrashed) as raised:
        real(release, "sys.exit('no such verb')").watches(CONTEXT, "smoke")
    assert raised.value.why == "no such verb"


def test_suites_that_never_answer_are_ended(release: Release) -> None:
    real(release, "time.sleep(600)")
    with pytest.raises(ChildCrashed, match="took longer than 1 s"):
        watches(release.children, release.home, "smoke", limit_s=1)


@pytest.mark.parametrize("told", ["", ', "divisible": false'])
def test_a_gate_may_not_be_divided_unless_the_suites_say_so(told: str, release: Release) -> None:
    answer = ANSWER.removesuffix("}") + told + "}"
    assert not real(release, f"print({answer!r})").divisible(CONTEXT, "smoke")


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_a_gate_may_be_divided_if_they_do(kind: str, release: Release) -> None:
    answer = json.dumps({"protocol": 1, "watches": {}, "divisible": True})
    gates = real(release, f"print({answer!r})") if kind == "real" else FakeGates()
    assert gates.divisible(CONTEXT, "smoke")


def test_a_word_that_is_neither_yes_nor_no_is_a_crash(release: Release) -> None:
    answer = json.dumps({"protocol": 1, "watches": {}, "divisible": "perhaps"})
    with pytest.raises(ChildCrashed, match="malformed answer"):
        real(release, f"print({answer!r})").divisible(CONTEXT, "smoke")
