"""The labs that e2e tests share: each promoted once, and taken down at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import Checkout


@pytest.fixture(scope="session")
def shared() -> Iterator[Checkout]:
    """A clone whose release is verified in dev and staging, both of the small shape."""
    checkout = Checkout("shared").fresh().small().with_smoke_alone()
    try:
        checkout.promote("--stage", "dev", expect=0)
        checkout.promote("--stage", "staging", expect=0)
        yield checkout
    finally:
        checkout.give_back()


@pytest.fixture(scope="session")
def staging_target(shared: Checkout) -> Path:
    """target.json of the shared site's staging."""
    return shared.site / "stages" / "staging" / "target.json"


@pytest.fixture(scope="session")
def whole() -> Iterator[Checkout]:
    """A clone whose staging has the whole control plane, verified by smoke."""
    checkout = Checkout("whole").fresh().with_staging_alone().with_smoke_alone()
    try:
        checkout.promote("--stage", "staging", expect=0)
        yield checkout
    finally:
        checkout.give_back()
