"""What the tests of the engine share."""

from __future__ import annotations

import pytest

from pipeline.testing import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
