"""The labs that e2e tests share: each promoted once, and taken down at the end.

The whole control plane is not built in the background of other tests. Tried, it was ready no sooner than
after them, and red: one stage keeps two cores busy, and requests waited for seconds.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from checkout import Checkout


@pytest.hookimpl(trylast=True)  # when those that are not asked for are out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the whole control plane comes last."""
    needing = {item.path for item in items if "whole" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path in needing)


@pytest.fixture(scope="session")
def shared() -> Iterator[Checkout]:
    """A clone whose release is verified in dev and staging, both of the small shape; prod is as dev.

    It keeps the image, too: the last site that has one takes it away, and another would have to be built.
    """
    with closing(Checkout("shared").fresh().small().with_smoke_alone().with_prod_as_dev()) as checkout:
        checkout.promote("--stage", "dev", expect=0)
        checkout.promote("--stage", "staging", expect=0)
        yield checkout


@pytest.fixture(scope="module")
def dev(request: pytest.FixtureRequest, shared: Checkout) -> Iterator[Checkout]:  # noqa: ARG001 - has the image that this site takes over
    """A site of the module's own, of the small shape, with nothing in it yet."""
    name = request.path.stem.removeprefix("test_")
    with closing(Checkout(name).fresh().small().with_smoke_alone()) as checkout:
        yield checkout


@pytest.fixture(scope="session")
def staging_target(shared: Checkout) -> Path:
    """target.json of the shared site's staging."""
    return shared.target_path("staging")


@pytest.fixture(scope="session")
def whole() -> Iterator[Checkout]:
    """A clone whose staging has the whole control plane, verified by smoke."""
    with closing(Checkout("whole").fresh().with_staging_alone().with_smoke_alone()) as checkout:
        checkout.promote("--stage", "staging", expect=0)
        yield checkout
