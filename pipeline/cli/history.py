"""`promote history`: what happened."""

from __future__ import annotations

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import moment, print_json, print_table, promotion_data


@click.command("history")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@common
def verb(call: Call, stage: str | None) -> int:
    """Every promotion, oldest first, with its outcome."""
    with call.workshop() as shop:
        history = shop.history()
        site = shop.site
    found = [item for item in history.promotions.values() if stage in (None, item.stage)]
    if call.json:
        print_json({"promotions": [promotion_data(history, promotion, site) for promotion in found]})
        return 0
    rows = [
        (
            promotion.id,
            moment(promotion.started_at) or "",
            promotion.stage,
            promotion.kind.value,
            history.releases[promotion.release].alias,
            promotion.outcome.value if promotion.outcome else "open",
            ", ".join(f"{gate} {evidence.verdict.value}" for gate, evidence in promotion.evidence.items())
            or "-",
        )
        for promotion in found
    ]
    print_table(("PROMOTION", "STARTED", "STAGE", "KIND", "RELEASE", "OUTCOME", "GATES"), rows)
    return 0
