"""A sweep of a target: every component that has an inventory is asked, with one client."""

from collections.abc import Callable
from pathlib import Path

from suites.clients.runner import Clients
from suites.harness.layout import Place
from suites.harness.loading import listing_of
from suites.hosts.host import reach
from suites.openstack.asking import Asking
from suites.readings.leftovers import Sweep, Swept
from suites.seam.target import Target


def swept(target: Target, suites: Path, *, clear: bool, tell: Callable[[str], None]) -> Swept:
    """Find what gates have left in a target; with `clear`, remove it. Raises ClientFailed, NotMeasured."""
    clients = Clients(target)
    clients.require_secrets()
    names = [name for name in Place(suites, "smoke", None).components if target.carrying(name)]
    known = {name: listing_of(suites.name, name) for name in names}
    listings = {name: listing for name, listing in known.items() if listing is not None}
    api = Asking(clients, target)
    try:
        return Sweep(target, listings, reach(target), api, tell).run(clear=clear)
    finally:
        api.stop()
