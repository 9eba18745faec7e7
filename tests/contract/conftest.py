"""What the contract tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from release_programs import Release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)
