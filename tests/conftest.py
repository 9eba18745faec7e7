"""What holds for all tests."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest
from postgres_server import Server, running

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("stagegate", deadline=None)
hypothesis.settings.load_profile("stagegate")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this session of tests; each test takes a database of its own."""
    with running() as server:
        yield server


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Whatever the test makes of them, this process gets its signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
