"""What target.json says of the lease, for suites to look at before they break something."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stages.machine.substrates.fence import Lease
from stages.requests import target


@pytest.mark.parametrize(("token", "said"), [(3, {"file": "/site/leases/dev.json", "token": 3}), (0, None)])
def test_a_target_names_the_lease_of_the_call_if_there_is_one(token: int, said: object) -> None:
    context: Any = SimpleNamespace(lease=Lease(token, Path("/site/leases/dev.json")))
    assert target._lease(context) == said  # noqa: SLF001 - the rest of a target needs a lab
