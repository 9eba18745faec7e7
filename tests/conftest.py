"""What holds for all tests."""

import gc
import os
import shutil
import signal
from collections.abc import Generator, Iterator

import hypothesis
import pytest
import vault_server
from checkout import HOME, REPOSITORY
from examples import MORE
from labs import Labs, ordered
from postgres_server import Server, running
from xdist.remote import Producer

from stages.config import read
from stages.machine.images import inputs
from stages.machine.site import Site
from stages.machine.substrates.images import HostImages
from stages.machine.substrates.lab import drop_images

# Fixtures that start whole programs of this project: `promote` on a checkout, a gate of suites.
STARTING = {"machine", "sample"}

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("stagegate", deadline=None, max_examples=100 * MORE)
hypothesis.settings.load_profile("stagegate")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Labs | None:
    """Where `make test` asks for scopes, a scope is a lab; else as pytest-xdist would."""
    return Labs(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a third of the quick tests' time is waiting for disks and programs."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before pytest looks which marks are asked for
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for a program of this project has the mark by that."""
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("processes")


@pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
def pytest_put_in_order(items: list[pytest.Item]) -> None:
    """Which test comes before which, when those that are not asked for are out."""
    items[:] = ordered(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: only what tests make is looked through for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def holder_of_the_image(worker_id: str) -> Iterator[None]:
    """A site that has the image until no test is left here: the last one that has it takes it away."""
    site = Site.at(HOME / f"image-{worker_id}")
    HostImages(site).build(inputs.read(read(REPOSITORY / "config").openstack), print)
    yield
    drop_images(site, print)
    shutil.rmtree(site.path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this session of tests; each test takes a database of its own."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def vault() -> Iterator[vault_server.Server]:
    """A server with Vault's protocol for this session of tests; each test takes a path of its own."""
    with vault_server.running() as server:
        yield server


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Whatever the test makes of them, this process gets its signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
