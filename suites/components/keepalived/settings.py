"""The settings that a running keepalived has of the instance that holds the VIP.

It tells them by writing a file when it gets a signal; it has no socket, and its unit's files only say what a
start would read.
"""

import re

from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.seam.declared import Settings

DATA, PID = "/tmp/keepalived.data", "/run/keepalived.pid"  # noqa: S108 - where keepalived writes it
END = "------< Interfaces >------"
# It writes at once, but not in one piece.
SCRIPT = (
    f"rm -f {DATA}; kill -USR1 $(cat {PID}) || exit 1; "
    f"for _ in $(seq 30); do grep -qs '{END}' {DATA} && break; sleep 0.1; done; cat {DATA}"
)
VALUES = {
    "effective priority": r"^ +Effective priority = (\d+)$",
    "virtual router id": r"^ +Virtual Router ID = (\d+)$",
    "interface": r"^ +Interface = (\S+)$",
    "source address": r"^ +Using src_ip = (\S+)",
}
LISTS = {"peers": r"Unicast Peer", "addresses": r"Virtual IP \(\d+\)"}
INTERVAL = re.compile(r"^ +Advert interval = ([\d.]+) (milli-sec|sec)$", re.MULTILINE)
PREEMPT = re.compile(r"^ +Preempt = (enabled|disabled)", re.MULTILINE)


def parse(text: str) -> Settings:
    """Parse the data that keepalived writes. Raises ReadingFailed."""
    _, found, part = text.partition("VRRP Instance = ")
    part = part.partition("------<")[0]
    interval, preempt = INTERVAL.search(part), PREEMPT.search(part)
    if not found or interval is None or preempt is None:
        raise ReadingFailed("what keepalived tells can't be parsed", why=text[-60:])
    told = {name: _first(pattern, part) for name, pattern in VALUES.items()}
    lists = {name: _listed(title, part) for name, title in LISTS.items()}
    length = float(interval[1]) * (1 if interval[2] == "milli-sec" else 1000)
    said = {
        "advert interval": f"{round(length)} ms",
        "preempt": "on" if preempt[1] == "enabled" else "off",
    }
    return {"instance": {name: value for name, value in (told | lists | said).items() if value}}


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""


def _listed(title: str, text: str) -> str:
    """The first words of the lines below a title, sorted."""
    found = re.search(rf"^ +{title} ?:\n((?:     +\S.*\n)*)", text, re.MULTILINE)
    return " ".join(sorted(line.split()[0] for line in found[1].splitlines())) if found else ""


REPORTS = Reports(
    script=lambda _: SCRIPT,
    parse=parse,
    shows={"instance": f"kill -USR1 $(cat {PID}); sleep 1; cat {DATA}"},
    of_each=("effective priority", "source address", "peers", "interface"),
)
