"""The settings that OVN's running databases must have: where they listen, and their timers."""

import re
from collections.abc import Iterator

from stages.design.declaring import Setting
from stages.design.ports import Port


def settings(program: str) -> Iterator[Setting]:
    """Yield the settings that the text of the members' program sets, of both databases."""
    election, probe = _value(program, "ELECTION_TIMER"), _value(program, "INACTIVITY_PROBE")
    for kind, port in (("northbound", Port.NORTHBOUND), ("southbound", Port.SOUTHBOUND)):
        yield Setting("ovn", kind, "connections", f"ptcp:{port}:0.0.0.0 probed after {probe} ms")
        yield Setting("ovn", kind, "election timer", f"{election} ms")


def _value(program: str, name: str) -> str:
    found = re.search(rf"^{name} = (\d+)$", program, re.MULTILINE)
    if found is None:
        raise LookupError(f"the program of OVN's members sets no {name}")
    return found[1]
