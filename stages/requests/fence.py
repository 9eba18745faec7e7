"""The verb `fence`: send the run's token to running hosts, which refuse older ones from then on."""

from concurrent.futures import ThreadPoolExecutor

from stages.errors import HostBusy, HostRefused
from stages.machine import secrets
from stages.requests import deployment
from stages.requests.context import Context


def fence(context: Context) -> list[str]:
    """Send the token to all running hosts in parallel; return the names of those that have it now.

    They find this code's applier, too. A host that does not answer blocks nothing: it is replaced, or gets it
    later. Raises LeaseLost when a newer token exists, HostBusy when a host's work for an older one goes on.
    """
    context.lease.check()
    deployment.resume(context)
    wanted = {host.name for host in context.draft.blueprint.reachable}
    names = [name for name in context.substrate.standing().running if name in wanted]
    if not names:
        return []
    context.substrate.connect()
    context.substrate.offer_applier()
    key = secrets.ensure(context.site, context.stage, (), {})
    with ThreadPoolExecutor(max_workers=8) as pool:
        told = list(pool.map(lambda name: _told(context, name, key), names))
    return [name for name, knows in zip(names, told, strict=True) if knows]


def _told(context: Context, name: str, key: dict[str, str]) -> bool:
    try:
        context.host(name).change("run", context.lease, key, commands=[])
    except HostBusy:
        raise
    except HostRefused:
        return False
    return True
