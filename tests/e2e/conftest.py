"""The labs that e2e tests share: each promoted once in a process of tests, and taken down at its end.

`make test` has two such processes (tests/labs.py).
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from checkout import Checkout
from labs import ONCE, is_done_with

STANDING = pytest.StashKey[ExitStack]()


@pytest.fixture(scope="session")
def shared(
    worker_id: str,
    holder_of_the_image: None,  # noqa: ARG001 - of the image it takes over
) -> Iterator[Checkout]:
    """A clone whose release is verified in dev and staging, both of the small shape; prod is as dev."""
    fresh = Checkout(f"shared-{worker_id}").fresh()
    with closing(fresh.small().with_smoke_alone().with_prod_as_dev()) as checkout:
        checkout.promote("--stage", "dev", expect=0)
        checkout.promote("--stage", "staging", expect=0)
        yield checkout


@pytest.fixture(scope="module")
def dev(
    request: pytest.FixtureRequest,
    holder_of_the_image: None,  # noqa: ARG001 - of the image it takes over
) -> Iterator[Checkout]:
    """A site of the module's own, of the small shape, with nothing in it yet."""
    name = request.path.stem.removeprefix("test_")
    with closing(Checkout(name).fresh().small().with_smoke_alone()) as checkout:
        yield checkout


@pytest.fixture(scope="session")
def staging_target(shared: Checkout) -> Path:
    """target.json of the shared site's staging."""
    return shared.target_path("staging")


@pytest.fixture(scope="session")
def whole(
    pytestconfig: pytest.Config,
    holder_of_the_image: None,  # noqa: ARG001 - of the image it takes over
) -> Iterator[Checkout]:
    """A clone whose staging has the whole control plane, verified by smoke."""
    with ExitStack() as standing:
        fresh = Checkout("whole").fresh().with_staging_alone().with_smoke_alone()
        checkout = standing.enter_context(closing(fresh))
        checkout.promote("--stage", "staging", expect=0)
        pytestconfig.stash[STANDING] = standing
        yield checkout


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The whole control plane goes with its last test: it weighs on those that follow, which measure time."""
    standing = item.config.stash.get(STANDING, None)  # none where it could not be made
    if standing is not None and is_done_with(ONCE, item, nextitem):
        standing.close()
