"""Machines that no host was made of yet are asked what they have: all at once. Nothing is changed."""

import tempfile
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from stages.design.blueprint import Host
from stages.errors import HostRefused
from stages.machine.substrates.candidates import login, report
from stages.machine.substrates.remote import RemoteHost
from stages.planning.fitness import HostFit, Needs
from stages.planning.machine_report import Described, read
from stages.planning.machines import Place, judge, mtu_problems, silent
from stages.requests.context import Context

MANY = 32  # asked at once


def needed(host: Host, memory_mb: int) -> Needs:
    """What a machine must have to become this host; ports and names are asked of hosts that stand."""
    return Needs(host.name, host.role, memory_mb, directories=("/",), reaches=(), names={})


def ask(host: RemoteHost, needs: Needs, place: Place) -> tuple[HostFit, Described | None]:
    """What the machine lacks, and what it says of itself if it said anything."""
    asked = time.time()
    try:
        text = report(host, place.login)
    except HostRefused as error:
        return silent(needs, error.what, error.why, error.next), None
    answered = time.time()
    try:
        told = read(text, place.address)
    except ValueError as error:
        return silent(needs, "it gives no report that can be read", str(error), place.login), None
    return judge(needs, place, told, asked, answered), told


def unprepared(
    context: Context, running: Collection[str], reports: Mapping[str, Mapping[str, Any]]
) -> dict[str, HostFit]:
    """The fitness of each machine of the stage that is no host yet, or does not answer, by host.

    `running` are the others, and `reports` has what host_report says of each of them that answered.
    There are none if the stage's substrate makes machines itself.
    """
    blueprint, inventory = context.draft.blueprint, context.draft.blueprint.inventory
    if inventory is None:
        return {}
    hosts = [host for host in blueprint.hosts if host.name not in running]
    owner = context.site.owner(context.stage)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(MANY) as pool:
        config = context.substrate.borrow(Path(folder))

        def one(host: Host) -> tuple[HostFit, Described | None]:
            machine = inventory.machines[host.name]
            place = Place(machine.address, machine.interface, owner, login(machine, inventory))
            own = needed(host, blueprint.roles[host.role].memory_mb)
            return ask(RemoteHost(host.name, config), own, place)

        asked = list(pool.map(one, hosts))
    rows = {fit.host: fit for fit, _ in asked}
    told = {fit.host: said for fit, said in asked if said is not None}
    others = [(blueprint.host(name).interface, report["mtus"]) for name, report in reports.items()]
    mtus = [there[interface] for interface, there in others if interface in there]
    for problem in mtu_problems(told, {host.name: host.address for host in hosts}, mtus):
        fit = rows[problem.where]
        rows[problem.where] = replace(fit, fit=False, problems=(*fit.problems, problem))
    return rows
