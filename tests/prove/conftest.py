from collections.abc import Iterator

import pytest
from checkout import Checkout


@pytest.fixture(scope="module")
def standing(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    """A clone of the module's own whose only stage is staging, verified by smoke: the whole control plane."""
    checkout = Checkout(f"prove-{request.path.stem}").fresh().with_staging_alone().with_smoke_alone()
    try:
        checkout.promote("--stage", "staging", expect=0)
        yield checkout
    finally:
        checkout.give_back()
