"""Tempest on a stage, from enabling the test accounts to disabling them, and how long it took."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from suites.api import configuration
from suites.api.accounts import administrator, needed, to_yaml
from suites.api.material import Material
from suites.api.run import WORKERS, Run, run_tests
from suites.api.stream import Stream
from suites.clients.runner import Answer, Clients
from suites.harness.ending import ended_by_sigterm
from suites.harness.fixtures import Progress
from suites.openstack.access import access
from suites.seam.files import replace_file

PASSWORD_BYTES = 24
ACCOUNTS_WITHIN = 60
MATERIAL_WITHIN = 90
# Services in which resources must exist before tests can use them.
FURNISHED = ("compute", "image", "network")


@dataclass(frozen=True, slots=True)
class Told:
    """The results of tempest's tests, and how long they took, in wall-clock seconds.

    `whole` is from enabling the test accounts to disabling them, `running` the workers' part of it. What a
    class sets up before its tests, for instance a server, does not count as the tests' own time.
    """

    stream: Stream
    whole: float
    running: float

    @property
    def cost(self) -> str:
        """How long the tests took by themselves, and how long the whole gate took."""
        own = sum(ended.seconds for ended in self.stream.tests)
        return (
            f"tempest: {len(self.stream.tests)} tests in {own:.1f} s of their own, on {WORKERS} workers; "
            f"the gate {self.whole:.1f} s, of which the workers {self.running:.1f} s"
        )


def ask_tempest(
    tests: Sequence[str], clients: Clients, into: Path, progress: Progress, so_far: Callable[[Stream], None]
) -> Told:
    """Run tests, given by their full names, once with the gate's own accounts, and return the results.

    Meanwhile, `progress` gets how many tests have ended, and `so_far` their results so far.
    The passwords are generated for this run, and are kept until its end in a folder of `into` that only its
    owner can read. If the process is killed they stay there, and the next run sets new ones.
    Raises ClientFailed, OSError.
    """
    began = time.monotonic()
    own = into / "tempest-private"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, parents=True)
    target = clients.target
    accounts = needed(WORKERS, lambda: secrets.token_urlsafe(PASSWORD_BYTES))
    listed, conf = own / configuration.ACCOUNTS, own / "tempest.conf"
    with ended_by_sigterm():
        try:
            text = to_yaml(accounts, with_networks="network" in target.endpoints)
            replace_file(listed, text, durable=False)
            region = _region(target.clouds, target.cloud)
            with _opened(clients, listed) as material:
                options = configuration.options(target, region, administrator(accounts), own, material)
                replace_file(conf, configuration.render(options), durable=False)
                asked = time.monotonic()
                run = Run(tuple(tests), conf, target.inside, own, into)

                def told(stream: Stream) -> None:
                    progress(f"tempest: {len(stream.tests)} of {len(tests)} tests ended", None)
                    so_far(stream)

                stream = run_tests(run, told)
                answered = time.monotonic()
        finally:
            shutil.rmtree(own, ignore_errors=True)
    return Told(stream, time.monotonic() - began, answered - asked)


@contextmanager
def _opened(clients: Clients, listed: Path) -> Iterator[Material]:
    request = {"accounts": str(listed)}
    answer = _ask(clients, "accounts_client", "open", request, ACCOUNTS_WITHIN)
    projects = TypeAdapter(dict[str, str]).validate_python(answer["projects"])
    try:
        yield _material(clients, "open", projects)
    finally:
        # Accounts first: if the gate runs out of time, at least the accounts are disabled.
        try:
            _ask(clients, "accounts_client", "close", request, ACCOUNTS_WITHIN)
        finally:
            _material(clients, "close", projects)


def _material(clients: Clients, verb: str, projects: Mapping[str, str]) -> Material:
    """Create what tests work with, or delete what they left behind; return what there is to use."""
    endpoints = {name: url for name, url in clients.target.endpoints.items() if name in FURNISHED}
    if not endpoints:
        return Material()
    request = {"endpoints": endpoints, "projects": projects}
    answer = _ask(clients, "material_client", verb, request, MATERIAL_WITHIN)
    return TypeAdapter(Material).validate_python(answer)


def _ask(clients: Clients, client: str, verb: str, request: Mapping[str, object], within: float) -> Answer:
    return clients.ask(
        f"suites.api.{client}", {**request, "access": access(clients.target), "verb": verb}, within=within
    )


def _region(clouds: Path, cloud: str) -> str:
    return str(yaml.safe_load(clouds.read_text(encoding="utf-8"))["clouds"][cloud]["region_name"])
