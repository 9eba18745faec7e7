"""What the tests of the engine share."""

from pathlib import Path

import pytest
from machine import Machine

from pipeline.testing import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
