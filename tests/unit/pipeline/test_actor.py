"""Who did it, as far as this process can tell."""

import getpass
import socket

import pytest

from pipeline.adapters.this_process import actor

HOST = socket.gethostname()
JOB = {"GITLAB_USER_LOGIN": "alice", "CI_JOB_URL": "https://gitlab.example/-/jobs/7"}


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, f"user@{HOST}"),
        (JOB, f"alice, by job https://gitlab.example/-/jobs/7 as user@{HOST}"),
        ({"GITLAB_USER_LOGIN": "alice"}, f"user@{HOST}"),
    ],
    ids=["by hand", "a job", "not a job"],
)
def test_a_person_is_named_and_not_believed(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "user")
    assert str(actor(environment)) == f"{name} (unverified)"


def test_an_account_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert actor({}).name == f"unknown@{HOST}"
