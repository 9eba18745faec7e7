"""Tempest on a stage, from accounts that let in to accounts that are shut."""

import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import yaml

from suites.api import configuration
from suites.api.accounts import administrator, needed, to_yaml
from suites.api.run import WORKERS, Run, run_tests
from suites.api.stream import Stream
from suites.harness.clients import Clients

PASSWORD_BYTES = 24
ACCOUNTS_WITHIN = 60


def ask_tempest(tests: Sequence[str], clients: Clients, into: Path) -> Stream:
    """Run tests by their full names once, as accounts of the gate's own, and return what they said.

    The passwords are made for this run and lie in a folder of `into` until its end, readable to its owner
    only. When the process is killed they are left there, and the next run sets others.
    Raises ClientFailed, OSError.
    """
    own = into / "tempest-private"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, parents=True)
    target = clients.target
    accounts = needed(WORKERS, lambda: secrets.token_urlsafe(PASSWORD_BYTES))
    listed, conf = own / "accounts.yaml", own / "tempest.conf"
    with _ended_by_sigterm():
        try:
            _write_private(listed, to_yaml(accounts))
            region = _region(target.clouds, target.cloud)
            options = configuration.options(target, region, administrator(accounts), listed, own)
            _write_private(conf, configuration.render(options))
            with _open_accounts(clients, listed):
                return run_tests(Run(tuple(tests), conf, target.inside, own, into))
        finally:
            shutil.rmtree(own, ignore_errors=True)


@contextmanager
def _open_accounts(clients: Clients, listed: Path) -> Iterator[None]:
    request = {
        "url": clients.target.endpoints["identity"],
        "password": clients.target.secrets["admin_password"].to_json(),
        "accounts": str(listed),
    }
    module = "suites.api.accounts_client"
    clients.ask(module, request | {"verb": "open"}, within=ACCOUNTS_WITHIN)
    try:
        yield
    finally:
        clients.ask(module, request | {"verb": "close"}, within=ACCOUNTS_WITHIN)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, which a gate's time limit sends, end this like Ctrl-C: what is open is shut first."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _region(clouds: Path, cloud: str) -> str:
    return str(yaml.safe_load(clouds.read_text(encoding="utf-8"))["clouds"][cloud]["region_name"])


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
