"""What the tests of the engine share."""

import pytest

from pipeline.testing import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
