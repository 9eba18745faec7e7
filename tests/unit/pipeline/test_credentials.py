"""Credentials of an address are in no text that people or programs read."""

import pytest
from desk import Desk, bad_config, raising

from pipeline.core.credentials import without_credentials

TOKEN = "s3cr3t"
ADDRESS = f"https://deploy:{TOKEN}@host/config.git"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ADDRESS, "https://host/config.git"),
        (f"{ADDRESS}@v7", "https://host/config.git@v7"),
        (f"https://{TOKEN}@host/config.git", "https://host/config.git"),
        (f"HTTPS://u:{TOKEN}@host", "HTTPS://host"),
        (f"see '{ADDRESS}/' and {ADDRESS}", "see 'https://host/config.git/' and https://host/config.git"),
        (f"https://u:{TOKEN}@{TOKEN}@host:8443/x", "https://host:8443/x"),
        (f"https://u:{TOKEN}#{TOKEN}@host/x", "https://host/x"),
        (f"https://u:it's{TOKEN}@host/x", "https://host/x"),
        (f"https://u:half/{TOKEN}@host/x", "https://..."),
        (f"https://host/x?private_token={TOKEN}&y=z", "https://host/x"),
        (f"--config=https://u:{TOKEN}@host/x", "--config=https://host/x"),
        (f"ssh://git:{TOKEN}@host:22/x", "ssh://git@host:22/x"),
        (f"user:{TOKEN}@host:x", "user@host:x"),
        (f"foo::https://u:{TOKEN}@host/x", "foo::https://host/x"),
        ("ssh://git@host:22/x@v7", "ssh://git@host:22/x@v7"),
        ("git@host:config.git@v7", "git@host:config.git@v7"),
        ("'https://host:443': refused; http://[::1]:80/x", "'https://host:443': refused; http://[::1]:80/x"),
        ("config/a.yaml:12:5: no such role", "config/a.yaml:12:5: no such role"),
    ],
)  # fmt: skip
def test_an_address_keeps_all_but_its_credentials(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert without_credentials(shown) == shown


def test_the_next_command_has_the_address_without_its_credentials(desk: Desk) -> None:
    bad_config(desk)

    assert desk("check", "--config", f"{ADDRESS}@v7") == 2
    assert "next: promote check --config https://host/config.git@v7" in desk.err
    assert TOKEN not in desk.out + desk.err
    assert TOKEN not in str(desk.document("check", "--config", f"{ADDRESS}@v7"))
    assert desk.places[-1].config == f"{ADDRESS}@v7"  # the adapters do get them


def test_what_nobody_thought_of_shows_no_credentials(desk: Desk) -> None:
    argv = raising(RuntimeError(f"a defect with {ADDRESS}"), "status")(desk)

    assert desk(*argv) == 1
    assert "RuntimeError: a defect with https://host/config.git" in desk.err
    assert TOKEN not in desk.err
    assert TOKEN not in str(desk.document(*argv))


def test_a_misplaced_address_is_not_repeated_with_its_credentials(desk: Desk) -> None:
    assert desk("status", ADDRESS) == 2
    assert "https://host/config.git" in desk.err
    assert TOKEN not in desk.err + desk.out
    assert desk("status", ADDRESS, "-o", "json") == 2
    assert TOKEN not in desk.err + desk.out
