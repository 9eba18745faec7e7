"""What is pinned of a checkout, and where its copy is."""

from collections.abc import Callable
from pathlib import Path

from pipeline.adapters.homes import released
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.ports import Checkout

# Of the fixture `copied`: returns the copy of the checkout, with this config or its own.
Copied = Callable[..., Path]


def pinned(revisions: GitRevisions, config: str | Path | None = None) -> Checkout:
    """The checkout with this config, copied into the site."""
    checkout = revisions.identify(None if config is None else str(config))
    revisions.materialise(checkout)
    return checkout


def copy(site: Path, checkout: Checkout) -> Path:
    return site / "releases" / checkout.pin.id


def usable_copy(revisions: GitRevisions, site: Path, config: str | Path | None = None) -> Path:
    """The copy of the checkout with this config, which is found to be what was pinned."""
    checkout = pinned(revisions, config)
    place = copy(site, checkout)
    assert released(site, lambda code: code)(checkout.pin.id).code == place / "code"
    return place
