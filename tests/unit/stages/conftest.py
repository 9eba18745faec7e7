from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from applier_on import HostDirectory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def host(tmp_path: Path) -> HostDirectory:
    return HostDirectory.made_in(tmp_path)
