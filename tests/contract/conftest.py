"""What the contract tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from release_programs import Release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    made = Release(tmp_path)
    yield made
    made.close()
