"""Secrets of the server that are in a store: how they are asked for, and what is said if there is none."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import executable

from pipeline.adapters.stored_secrets import stored
from pipeline.bootstrap.server_secrets import secret_of
from pipeline.core.errors import TryAgain, UsageProblem

REFERENCE = "vault:kv/stagegate#oauth"
CANARY = "canary-5e1d.XyZ~7"
Store = Callable[[str], None]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """What stands for Python in the command: a script with this body."""
    python = sys.executable

    def write(body: str) -> None:
        made = executable(tmp_path / "python", f"#!{python}\nimport os, sys, time\n{body}\n")
        monkeypatch.setattr(sys, "executable", str(made))

    return write


def read(reference: str = REFERENCE) -> str:
    return secret_of(reference, os.environ, "the application in GitLab", "--oauth-secret")


def test_a_secret_in_vault_is_read_by_the_program_that_reads_it_for_suites(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example")
    store(
        "assert sys.argv[1:] == ['-P', '-m', 'stages.machine.secret_stores', 'vault:kv/stagegate#oauth']\n"
        f"assert os.environ['VAULT_ADDR'] == 'https://vault.example'; sys.stdout.write({CANARY!r})"
    )

    assert read() == CANARY


def test_one_that_is_not_there_is_told_with_the_reason_of_the_program(store: Store) -> None:
    store("sys.stderr.write('it has no such key (next: vault kv get kv/stagegate)\\n'); sys.exit(1)")

    with pytest.raises(UsageProblem) as told:
        read()
    assert told.value.why == "it has no such key (next: vault kv get kv/stagegate)"
    assert told.value.where == "--oauth-secret"


def test_one_that_may_be_there_later_is_a_transient_failure(store: Store) -> None:
    store("sys.stderr.write('it is sealed\\n'); sys.exit(75)")

    with pytest.raises(TryAgain) as told:
        read()
    assert (told.value.where, told.value.why) == (REFERENCE, "it is sealed")


def test_a_program_that_does_not_end_is_a_transient_failure(store: Store) -> None:
    store("time.sleep(600)")

    with pytest.raises(TryAgain, match="cannot be read now"):
        stored(REFERENCE, os.environ, within_s=0.5)


@pytest.mark.parametrize("value", ["", "  ", f"{CANARY}\n", f"a\t{CANARY}"])
def test_a_value_that_no_request_could_carry_is_refused_and_not_repeated(store: Store, value: str) -> None:
    store(f"sys.stdout.write({value!r})")

    with pytest.raises(UsageProblem) as told:
        read()
    assert "has no value that could be sent" in told.value.why
    assert CANARY not in "".join(told.value.lines())


@pytest.mark.parametrize("body", ["sys.exit(1)", "sys.exit(-9 % 256)"])
def test_a_program_that_says_nothing_is_told_with_its_status(store: Store, body: str) -> None:
    store(body)

    with pytest.raises(UsageProblem, match="can't be read") as told:
        read()
    assert told.value.why.startswith("status ")


def test_the_program_is_there_and_says_why_it_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))

    with pytest.raises((UsageProblem, TryAgain)) as told:
        read()
    assert "VAULT_ADDR" in told.value.why
