"""The settings that a running HAProxy has of its pools and servers: its socket can change them."""

import csv
from collections.abc import Iterator, Mapping

from suites.components.haproxy import status
from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.seam.declared import Settings

STATE, STAT = "# be_id ", "# pxname,"
# Of a server's check: set up, and enabled; and nobody has suspended it.
CONFIGURED, ENABLED, PAUSED = 2, 4, 8
FRONTEND, BACKEND, SERVER = "0", "1", "2"
PROCESS = ("Maxconn", "Nbthread", "ConnRateLimit", "SessRateLimit")
SCRIPT = status.asking("show info;show servers state;show stat")


def parse(text: str) -> Settings:
    """Parse the answers to `show info`, `show servers state` and `show stat`. Raises ReadingFailed."""
    info, state_found, rest = text.partition(f"1\n{STATE}")
    state, stat_found, stat = rest.partition(STAT)
    if not (state_found and stat_found):
        raise ReadingFailed("the settings of HAProxy can't be parsed", why=text[:60])
    process = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
    rows = list(csv.DictReader((STAT.removeprefix("# ") + stat).splitlines()))
    try:
        return {
            "process": {name: process[name] for name in PROCESS},
            "pool": dict(_pools(rows)),
            "server": {**dict(_from_state(STATE.removeprefix("# ") + state)), **dict(_from_stat(rows))},
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ReadingFailed("the settings of HAProxy can't be parsed", why=repr(error)) from None


def _pools(rows: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row["type"] == BACKEND:
            yield f"{row['pxname']} mode", row["mode"]
            yield f"{row['pxname']} balance", row["algo"]
        elif row["type"] == FRONTEND:
            yield f"{row['pxname']} listener", row["status"]
            yield f"{row['pxname']} clients at once", row["slim"]
            yield f"{row['pxname']} clients a second", row["rate_lim"]


def _from_state(text: str) -> Iterator[tuple[str, str]]:
    names, *lines = (line.split() for line in text.splitlines() if line.strip())
    for line in lines:
        row: Mapping[str, str] = dict(zip(names, line, strict=False))
        name = f"{row['be_name']}/{row['srv_name']}"
        yield f"{name} address", f"{row['srv_addr']}:{row['srv_port']}"
        yield f"{name} weight", row["srv_uweight"]
        checked = int(row["srv_check_state"])
        on = checked & CONFIGURED and checked & ENABLED and not checked & PAUSED
        yield f"{name} check", f"at port {row['srv_check_port']}" if on else "off"


def _from_stat(rows: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row["type"] == SERVER:
            name = f"{row['pxname']}/{row['svname']}"
            yield f"{name} rise", row["check_rise"]
            yield f"{name} fall", row["check_fall"]
            yield f"{name} maxconn", row["slim"] or "none"
            yield f"{name} use", "backup" if row["bck"] == "1" else "active"


SHOW = "echo 'show {what}' | socat - /run/haproxy/admin.sock"
REPORTS = Reports(
    script=lambda _: SCRIPT,
    parse=parse,
    shows={
        "process": SHOW.format(what="info"),
        "pool": SHOW.format(what="stat"),
        "server": SHOW.format(what="servers state"),
    },
    whole=("server",),
    of_each=("Nbthread",),  # the number of CPUs
)
