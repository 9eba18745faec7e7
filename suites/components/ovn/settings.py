"""The settings that OVN's running databases have: where they listen, for how long, and their timers."""

import re
from typing import Any

from suites.components.ovn.cluster import DATABASES
from suites.harness.reports import Reports
from suites.readings import ovsdb
from suites.seam.declared import Settings

KINDS = {"OVN_Northbound": "northbound", "OVN_Southbound": "southbound"}
GLOBALS = {"OVN_Northbound": "NB_Global", "OVN_Southbound": "SB_Global"}
TIMER = re.compile(r"^Election timer: (\d+)$", re.MULTILINE)
CALLS = tuple(
    call
    for name, (short, _) in DATABASES.items()
    for call in (
        ovsdb.selecting(f"/run/ovn/ovn{short}_db.sock", name, "Connection", "target", "inactivity_probe"),
        ovsdb.selecting(f"/run/ovn/ovn{short}_db.sock", name, GLOBALS[name], "options"),
        (f"/run/ovn/ovn{short}_db.ctl", "cluster/status", [name]),
    )
)
SCRIPT = ovsdb.script(*CALLS)


def parse(text: str) -> Settings:
    """Parse the answers of both databases. Raises ReadingFailed."""
    results = ovsdb.parse(text, len(CALLS))
    return {kind: _of(*results[3 * at : 3 * at + 3]) for at, kind in enumerate(KINDS.values())}


def _of(connections: Any, options: Any, status: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    told = sorted(_connection(row["target"], row["inactivity_probe"]) for row in ovsdb.rows(connections))
    timer = TIMER.search(str(status))
    own = {f"option {name}": value for row in ovsdb.rows(options) for name, value in _options(row)}
    return {
        "connections": ", ".join(told),
        "election timer": f"{timer[1]} ms" if timer else "unknown",
        **own,
    }


def _options(row: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON
    return sorted(ovsdb.pairs(row["options"]).items())


def _connection(target: object, probe: object) -> str:
    # One that is not set is an empty set.
    return f"{target} probed after {f'{probe} ms' if isinstance(probe, int) else 'the time of its own'}"


SHOW = (
    "ovn-{short}ctl --no-leader-only list connection; "
    "ovn-appctl -t /run/ovn/ovn{short}_db.ctl cluster/status {db}"
)
REPORTS = Reports(
    script=lambda _: SCRIPT,
    parse=parse,
    shows={KINDS[name]: SHOW.format(short=short, db=name) for name, (short, _) in DATABASES.items()},
)
