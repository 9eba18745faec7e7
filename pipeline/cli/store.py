"""`promote store`: what this machine and the store that it shares have of releases and evidence."""

from collections.abc import Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import counted, table
from pipeline.cli.result import print_result
from pipeline.core.archives import copy_folder, run_folder
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.release import find_release
from pipeline.engine.archives import bring, push
from pipeline.store import Archives
from pipeline.workshop import Workshop


@click.group("store")
def verb() -> None:
    """The store that machines share: put into it what is on this machine alone, or bring something back."""


@verb.command("push")
@common
def push_(call: Call) -> int:
    """Put into the store what this machine has of releases and ended attempts and the store has not.

    A promotion does so by itself, as far as it can. The ledger records what is there.
    """
    with call.workshop() as shop:
        archives = _archives(shop)
        pushed = push(shop, archives)
        document = _document(archives, pushed)
    return print_result(call, document, _lines("pushed", pushed))


@verb.command("fetch")
@click.argument("name")
@common
def fetch(call: Call, name: str) -> int:
    """Bring an attempt's evidence (p7), or a release's copy (r3, or its id), from the store to this machine.

    Copies of releases also come by themselves, when a command needs them. Of evidence, no file that is here
    is changed. An attempt that is open has its evidence where it is driven.
    """
    with call.workshop() as shop:
        archives = _archives(shop)
        folder = _folder(shop.history(), name)
        brought = bring(shop, archives, folder)
        came = tuple(name for name, one in brought.items() if one.came)
        document, site = _document(archives, came), shop.site
    if not brought:
        raise UsageProblem(
            f"the store has nothing of {name}",
            where=archives.shown,
            why="the ledger refers to no object of it",
            next="promote store push, on the machine that has it",
        )
    differing = [f"{name}/{file}" for name, one in brought.items() for file in one.differing]
    kept = [f"not fetched, since this machine has it with another content: {file}" for file in differing]
    lost = [f"{name}: {'; '.join(why.lines())}" for name, one in brought.items() for why in one.lost]
    more = [*kept, *(f"could not be used: {one}" for one in lost)]
    lines = [*_lines("fetched", came), f"it is in {site / folder}", *more]
    return print_result(call, {**document, "differing": differing, "lost": lost}, lines)


def _archives(shop: Workshop) -> Archives:
    if shop.archives is None:
        raise UsageProblem(
            "this process knows no store",
            where="the variable STAGEGATE_STORE",
            why="it is not set",
            next="docs/operate.md, 'A store for several machines'",
        )
    return shop.archives


def _folder(history: History, name: str) -> str:
    if name in history.attempts:
        return run_folder(name)
    return copy_folder(find_release(history.releases.values(), name).id)


def _document(archives: Archives, folders: Sequence[str]) -> dict[str, object]:
    return {"store": archives.shown, "folders": list(folders)}


def _lines(how: str, folders: Sequence[str]) -> list[str]:
    heading = f"{how}: {counted(len(folders), 'folder')}"
    return [heading, *table(("FOLDER",), [(folder,) for folder in folders])] if folders else [heading]
