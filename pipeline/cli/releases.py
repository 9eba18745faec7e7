"""`promote releases`: lists the pinned releases."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import print_json, print_table
from pipeline.core.codec import plain
from pipeline.core.release import SHORT


@click.command("releases")
@common
def verb(call: Call) -> int:
    """List every pinned release, oldest first, and the stages it is verified in."""
    with call.workshop() as shop:
        history = shop.history()
    verified = {
        release: [view.name for view in history.stages.values() if release in view.verified]
        for release in history.releases
    }
    if call.json:
        rows = [
            {
                "id": r.id,
                "alias": r.alias,
                **plain(r.pin),
                "verified_in": verified[r.id],
                "stages": plain(r.stages.stages),
            }
            for r in history.releases.values()
        ]
        print_json({"releases": rows})
        return 0
    print_table(
        ("ALIAS", "RELEASE", "CODE", "COMMIT", "CONFIG", "FROM", "VERIFIED IN"),
        [
            (
                r.alias,
                r.id[:SHORT],
                r.pin.code[:SHORT],
                r.pin.commit[:SHORT],
                r.pin.config_revision[:SHORT],
                r.pin.config_source,
                ", ".join(verified[r.id]) or "-",
            )
            for r in history.releases.values()
        ],
    )
    return 0
