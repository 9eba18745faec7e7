"""What the contract tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from release_programs import Release


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    made = Release(tmp_path)
    yield made
    made.close()
