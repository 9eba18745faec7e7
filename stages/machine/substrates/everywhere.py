"""What a site has, on whatever substrate, when no config is at hand: to list it, and to take it down."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from stages.machine.site import Site
from stages.machine.substrates import arriving, inventory, lab, records, ssh
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen


def seen(site: Site, stage: str | None = None) -> tuple[Seen, ...]:
    """All hosts of the site, or of one stage of it, and the lab's gateways."""
    return (*lab.seen(site, stage), *(one for name in _stages(site, stage) for one in _machines(site, name)))


def stages(site: Site) -> set[str]:
    """The stages of which anything may stand."""
    return {*_stages(site, None), *(one.stage for one in lab.seen(site))}


def demolish(site: Site, stage: str | None, leases: Mapping[str, Lease]) -> list[str]:
    """Remove what the stage has, or the whole site; return the names of it.

    From machines that existed before, what was put on is taken off, with their data. `leases` are those of
    the stages; LeaseLost is raised before a removal that they do not allow. Raises HostRefused if a machine
    can't be reached: it would keep what it has.
    """

    def check() -> None:
        for lease in leases.values():
            lease.check()

    check()
    removed = [host for name in _stages(site, stage) for host in _left(site, name, leases[name])]
    return removed + lab.demolish(site, stage, check)


def machines(site: Site) -> tuple[str, ...]:
    """The stages that have machines of their own, by name."""
    return records.stages(site)


def _left(site: Site, stage: str, lease: Lease) -> list[str]:
    """Take everything off a stage's machines, all at once; return the names of those that had any."""
    config, owner, recorded = (
        ssh.config_path(site, stage),
        site.owner(stage),
        records.of(site, stage),
    )

    def leave(name: str) -> bool:
        had_any = arriving.take_off(owner, RemoteHost(name, config), recorded[name].keeps, lease)
        records.drop(site, stage, name)
        return had_any

    with ThreadPoolExecutor(max_workers=16) as pool:  # one that fails keeps none of the others from leaving
        leaving = {name: pool.submit(leave, name) for name in recorded}
    return [name for name, future in leaving.items() if future.result()]


def _stages(site: Site, stage: str | None) -> list[str]:
    return [name for name in records.stages(site) if stage in (None, name)]


def _machines(site: Site, stage: str) -> tuple[Seen, ...]:
    config, owner = ssh.config_path(site, stage), site.owner(stage)
    names = list(records.of(site, stage))
    with ThreadPoolExecutor(max_workers=16) as pool:
        told = list(pool.map(lambda name: inventory.asked(RemoteHost(name, config), stage, owner), names))
    return tuple(one for one in told if one is not None)
