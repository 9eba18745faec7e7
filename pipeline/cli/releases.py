"""`promote releases`: lists the pinned releases."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.rejections import Rejection
from pipeline.core.release import SHORT


@click.command("releases")
@common
def verb(call: Call) -> int:
    """List every pinned release, oldest first, and the stages it is verified in."""
    with call.office() as office:
        history = office.history()
    documents: list[dict[str, object]] = []
    rows: list[tuple[str, ...]] = []
    for release in history.releases.values():
        pin, verified = release.pin, [s.name for s in history.stages.values() if release.id in s.verified]
        rejection = history.rejections.get(release.id)
        known = {"id": release.id, "alias": release.alias, **plain(pin), "verified_in": verified}
        known["rejected"] = rejection.reason if rejection else None
        documents.append({**known, "stages": plain(release.stages.stages)})
        digests = [text[:SHORT] for text in (release.id, pin.code, pin.commit, pin.config_revision)]
        rows.append(
            (release.alias, *digests, pin.config_source, ", ".join(verified) or "-", _mark(rejection))
        )
    header = ("ALIAS", "RELEASE", "CODE", "COMMIT", "CONFIG", "FROM", "VERIFIED IN", "REJECTED")
    return print_result(call, {"releases": documents}, table(header, rows))


def _mark(rejection: Rejection | None) -> str:
    return rejection.reason if rejection else "-"
