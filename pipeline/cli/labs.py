"""`promote lab list` and `promote lab clean`: the labs of all sites on this machine."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from pipeline.cli.call import Call, ask, common, with_lock_timeout
from pipeline.cli.render import counted, moment, print_lines, size, table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.labs import LOOK, THERE, chosen
from pipeline.engine.teardown import take_down
from pipeline.tool_ports import Lab

_LIST = """\b
Examples:
  promote lab list            every site with a lab here, and whether its folder is still there
  promote lab list -o json    the same for a program, memory and disk in bytes
"""
_CLEAN = """\b
Examples:
  promote lab clean --all           which labs have lost their site's folder; on a terminal it asks
  promote lab clean --all --yes     remove them
  promote lab clean 3fa2b1 --yes    remove the lab of this site, whether or not its folder is there
"""
_HEADER = ("SITE", "FOLDER", "IS", "STAGES", "HOSTS", "MEMORY", "DISK", "SINCE")


@click.command("list", epilog=_LIST)
@common
def list_(call: Call) -> int:
    """List every site of which this machine has hosts, networks, volumes or images.

    Disk is what hosts and volumes fill, without the images, which sites share. A site's folder is unknown if
    an older release made its lab, if it was moved, or if its file system is not mounted.
    """
    with call.workshop() as shop:
        labs = shop.tools.lab_list()
    return print_result(call, {"labs": [_data(lab) for lab in labs]}, _lines(labs))


@click.command("clean", epilog=_CLEAN)
@click.argument("sites", nargs=-1, metavar="[SITE-ID]...")
@click.option("--all", "every", is_flag=True, help="All labs of sites whose folder is gone.")
@click.option("--yes", is_flag=True, help="Remove them, without asking.")
@with_lock_timeout
@common
def clean(call: Call, sites: tuple[str, ...], every: bool, yes: bool) -> int:  # noqa: FBT001 - click's flags
    """Remove the labs of sites whose folder is gone, or of the sites whose ids are given.

    Names what it would remove, and asks. Without a terminal, and with -o json, it only looks; --yes removes.
    It takes the site's containers, networks, volumes and images; its ledger and evidence stay where they are.
    Refused while a run uses one of the labs: where the folder is there, the locks of its stages say so, and
    otherwise its processes. Refused, too, if a stage of a site is on machines: use lab down for those.
    """
    with call.workshop() as shop:
        found = chosen(shop.tools.lab_list(), sites, every=every)
    asks = not yes and call.can_ask
    if found and asks:
        print_lines(_lines(found), err=True)
        ask(f"remove {counted(len(found), 'lab')}, with all data?", LOOK, "removed")
    # Those with locks first, so that one that is held refuses before anything is removed.
    ordered = sorted(found, key=lambda lab: lab.folder != THERE)
    removed = {lab.site: list(_removed(call, lab)) for lab in ordered} if yes or asks else {}
    document = {
        "labs": [_data(lab) for lab in found],
        "removed": [name for names in removed.values() for name in names],
    }
    return print_result(call, document, _result(found, removed, sites))


def _removed(call: Call, lab: Lab) -> Sequence[str]:
    """Remove the lab; one whose site has its folder under the leases of that site."""
    if lab.folder != THERE:
        with call.workshop() as shop:
            return shop.tools.lab_clean(lab.site)
    with replace(call, site=lab.path).workshop() as shop:
        return take_down(shop, None, wait_s=call.wait_s)


def _result(found: Sequence[Lab], removed: dict[str, list[str]], sites: Sequence[str]) -> Iterator[str]:
    if not found:
        yield "there is nothing to remove"
    elif removed:
        yield from (f"removed {name}" for names in removed.values() for name in names)
    else:
        yield from _lines(found)
        which = " ".join(sites) or "--all"
        yield f"to remove {counted(len(found), 'lab')}, with all data: promote lab clean {which} --yes"


def _data(lab: Lab) -> dict[str, object]:
    return {**plain(lab), "path": lab.path or None, "since": moment(lab.since)}


def _lines(labs: Sequence[Lab]) -> Iterator[str]:
    if not labs:
        yield "this machine has no lab of any site"
        return
    yield from table(_HEADER, [_row(lab) for lab in labs])
    yield from (f"{lab.site} is in use: {occupant}" for lab in labs for occupant in lab.occupants)
    yield from (f"{lab.site} has a stage on machines: {name}" for lab in labs for name in lab.on_machines)


def _row(lab: Lab) -> tuple[str, ...]:
    hosts = f"{lab.running} running, {lab.stopped} stopped"
    memory = "unknown" if lab.memory is None else size(lab.memory)
    return (
        *(lab.site, lab.path or "unknown", lab.folder, " ".join(lab.stages) or "none", hosts),
        *(memory if lab.running else size(0), size(lab.disk), moment(lab.since) or ""),
    )
