"""What the tests of the engine share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from issuer import Issuer, serving
from machine import Machine

from pipeline.testing import Bench


@pytest.fixture
def bench() -> Bench:
    """A bench whose checkout is a first release, which wants a to be 1."""
    made = Bench()
    made.commit("first", a="1")
    return made


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    with serving(made):
        yield made


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
