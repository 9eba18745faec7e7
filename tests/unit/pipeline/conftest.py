"""What the tests of the command line share."""

from pathlib import Path

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


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from chromium_ways import axe_core  # noqa: PLC0415 - few tests need a browser and a server

    return axe_core(tmp_path_factory)
