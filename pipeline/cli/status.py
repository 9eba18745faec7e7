"""`promote status`: shows what is deployed where."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.overridden import carried_into, override_lines
from pipeline.cli.render import gates_of, head_data, head_lines, hold_data, moment, override_data, table
from pipeline.cli.result import print_result
from pipeline.core.history import History
from pipeline.core.holds import Hold
from pipeline.core.leases import Lease
from pipeline.workshop import Workshop


@click.command("status")
@common
def verb(call: Call) -> int:
    """Show, for each stage, the last verified and the deployed release, holds, locks, interrupted runs.

    Below it are the overrides that stand, and those that carried what is in a stage. The ledger's head is for
    `promote ledger verify --head`.
    """
    with call.workshop() as shop:
        history = shop.history()
        leases = {name: shop.ledger.worker_on(name) for name in history.stage_names()}
        rows = [_stage(shop, history, name, leases[name]) for name in leases]
        head = shop.ledger.head()
        holds = history.holds_at(shop.clock.now())
        overrides = history.overrides_at(shop.clock.now())
    keys = ("stage", "verified", "standing", "mark", "gates", "open", "held", "locked")
    text = [tuple("-" if row[key] is None else str(row[key]) for key in keys) for row in rows]
    header = ("STAGE", "VERIFIED", "STANDS", "MARK", "GATES", "INTERRUPTED", "HELD", "LOCKED")
    document = {
        "stages": rows,
        "holds": [hold_data(hold) for hold in holds],
        "overrides": [override_data(override) for override in overrides],
        "ledger": head_data(head),
    }
    carried = tuple(override for name in leases for override in carried_into(history, name))
    told = [*_hold_lines(holds), *override_lines(history, carried, overrides)]
    return print_result(call, document, [*table(header, text), *told, *head_lines(head)])


def _hold_lines(holds: tuple[Hold, ...]) -> list[str]:
    if not holds:
        return []
    rows = [
        (one.id, one.stage or "all", str(one.by), moment(one.at) or "", moment(one.until) or "-", one.reason)
        for one in holds
    ]
    return ["", *table(("HOLD", "STAGE", "BY", "SINCE", "UNTIL", "REASON"), rows), ""]


def _stage(shop: Workshop, history: History, name: str, lease: Lease | None) -> dict[str, object]:
    view, holds = history.stage(name), history.holds_on(name, shop.clock.now())
    latest = history.attempts.get(view.latest or "")
    return {
        "stage": name,
        "verified": history.releases[view.pointer].alias if view.pointer else None,
        "verified_release": view.pointer,
        "standing": history.releases[view.standing].alias if view.standing else None,
        "standing_release": view.standing,
        "overridden": [override_data(override) for override in carried_into(history, name)],
        "mark": None if view.standing is None or view.confirmed else "unverified",
        "gates": gates_of(latest) if latest and latest.evidence else None,
        "open": view.open if lease is None else None,
        "running": view.open if lease is not None else None,
        "latest": latest.id if latest else None,
        "since": moment(latest.started_at) if latest else None,
        "held": "; ".join(hold.reason for hold in holds) or None,
        "locked": f"{lease.purpose} (process {lease.holder.pid} on {lease.holder.hostname})"
        if lease
        else None,
        "evidence": str(shop.site / "runs" / latest.id) if latest else None,
    }
