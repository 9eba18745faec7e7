from collections.abc import Iterator
from contextlib import closing

import pytest
from checkout import Checkout


@pytest.fixture(scope="module")
def standing(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    """A clone of the module's own whose only stage is staging, verified by smoke: the whole control plane."""
    name = f"prove-{request.path.stem}"
    with closing(Checkout(name).fresh().with_staging_alone().with_smoke_alone()) as checkout:
        checkout.promote("--stage", "staging", expect=0)
        yield checkout
