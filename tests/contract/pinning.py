"""What is pinned of a checkout, and where its copy is."""

from pathlib import Path

from pipeline.adapters.revisions_git import GitRevisions
from pipeline.ports import Checkout


def pinned(revisions: GitRevisions, config: str | Path | None = None) -> Checkout:
    """The checkout with this config, copied into the site."""
    checkout = revisions.identify(None if config is None else str(config))
    revisions.materialise(checkout)
    return checkout


def copy(site: Path, checkout: Checkout) -> Path:
    return site / "releases" / checkout.pin.id
