"""What the tests of the command line share."""

import pytest
from desk import Desk, green


@pytest.fixture
def desk(capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(capsys)


@pytest.fixture
def standing(desk: Desk) -> Desk:
    """A desk whose dev has a verified release."""
    assert desk(*green(desk)) == 0
    return desk
