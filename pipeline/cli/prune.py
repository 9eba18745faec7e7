"""`promote prune`: removes what nothing refers to any more."""

import shlex
from collections.abc import Sequence

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.exit_codes import code_of_error
from pipeline.cli.render import counted, print_lines, size, table
from pipeline.cli.result import print_result
from pipeline.core.archives import archives_of, copy_folder, run_folder
from pipeline.core.history import History
from pipeline.core.release import SHORT
from pipeline.core.stored import SHARED, Store, Stored
from pipeline.engine.prune import prunable, prune

_EPILOG = """\b
Examples:
  promote prune                  what would be removed, and how large it is
  promote prune --yes            remove it
  promote prune --keep 3 --yes   keep less
"""


@click.command("prune", epilog=_EPILOG)
@click.option(
    "--keep",
    "newest",
    metavar="N",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="The newest attempts of each stage, and the newest releases, that stay in any case.",
)
@click.option("--yes", is_flag=True, help="Remove it.")
@with_lock_timeout
@common
def verb(call: Call, newest: int, yes: bool) -> int:  # noqa: FBT001 - click's flag
    """List what nothing refers to of copies of releases, virtual environments, run directories and objects.

    With --yes, remove it. Kept is what stands in a stage, or is verified there and not rejected, so each goal
    of a rollback; what is open; the attempts that verified it; and the newest. The ledger keeps every event.
    Of a store that machines share, only objects that the ledger does not refer to are removed: what commands
    left that were killed. If the store fails, they stay, and it ends with 75 or 2. Removing holds the locks
    of all stages: it is refused while a run holds one. `promote pin` restores the copy of a release from its
    commit.
    """
    with call.workshop() as shop:
        pruned = prune(shop, newest, wait_s=call.wait_s) if yes else prunable(shop, newest)
        history = shop.history()
    found = pruned.items
    total = sum(one.size for one in found)
    document = {
        "removed": yes,
        "keep": newest,
        "bytes": total,
        "items": [_data(history, one) for one in found],
        "store_skipped": None if pruned.skipped is None else "; ".join(pruned.skipped.lines()),
    }
    print_result(call, document, _lines(history, found, total, removed=yes))
    if pruned.skipped is None:
        return 0
    print_lines(["objects of the store are left as they are:", *pruned.skipped.lines()], err=True)
    return code_of_error(pruned.skipped)


def _data(history: History, one: Stored) -> dict[str, object]:
    release = history.releases.get(one.name)
    return {
        "store": one.store.value,
        "name": one.name,
        "alias": release.alias if release else None,
        "bytes": one.size,
        "restored_by": _restored_by(history, one),
    }


def _lines(history: History, found: Sequence[Stored], total: int, *, removed: bool) -> list[str]:
    if not found:
        return ["there is nothing to remove"]
    rows = [
        (one.store.value, _named(history, one), size(one.size), _restored_by(history, one) or "nothing")
        for one in found
    ]
    things = f"{counted(len(found), _kind(found))}, {size(total)}"
    last = f"removed {things}" if removed else f"{things}; to remove them: promote prune --yes"
    return [*table(("WHAT", "NAME", "SIZE", "RESTORED BY"), rows), last]


def _kind(found: Sequence[Stored]) -> str:
    return "thing" if any(one.store in SHARED for one in found) else "folder"


def _named(history: History, one: Stored) -> str:
    release = history.releases.get(one.name)
    if one.store is Store.UNFINISHED:
        return one.name
    return str(release) if release else one.name[:SHORT]


def _restored_by(history: History, one: Stored) -> str | None:
    """What restores it; None if nothing can."""
    if one.store is Store.ENVIRONMENT:
        return "the next command that needs it"
    if one.store is Store.COPY and copy_folder(one.name) in history.archives:
        return "the next command that needs it"
    if one.store is Store.RUN and archives_of(history.archives, run_folder(one.name)):
        return f"promote store fetch {one.name}"
    release = history.releases.get(one.name)
    if release is None or release.pin.config_source == "directory":
        return None
    config = " --config ADDRESS" if release.pin.config_source == "repository" else ""
    return f"git checkout {shlex.quote(release.pin.commit[:SHORT])} && promote pin{config}"
