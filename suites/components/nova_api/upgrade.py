"""The findings of `nova-status upgrade check`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.host import Host, Output, last_line
from suites.hosts.reading import Observation

COMMAND = "runuser -u nova -- /opt/openstack/bin/nova-status --config-file /etc/nova/nova.conf upgrade check"
WITHIN = 45
ROW = re.compile(r"^\| (?:(Check|Result|Details): )?(.*?) *\|$")
SUCCESS = "Success"
# Warnings for reasons that do not concern a stage.
BEARABLE: Mapping[str, str] = {
    "hw_machine_type unset": "it is for libvirt, and servers of other drivers have none",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A check of the command: its name, its result, and its details on one line."""

    check: str
    result: str
    details: str


def run(host: Host) -> tuple[Finding, ...]:
    """Run the command on a host: its exit status says whether all is well, its table what is wrong.

    Raises ReadingFailed.
    """
    return parse(host.ask(COMMAND, within=WITHIN))


def parse(output: Output) -> tuple[Finding, ...]:
    """Parse the findings of the command's table. Raises ReadingFailed if there are none."""
    found: list[dict[str, str]] = []
    last = ""
    for line in output.stdout.splitlines():
        row = ROW.match(line)
        if not row:
            continue
        name, text = row[1], row[2].strip()
        if name == "Check":
            found.append({"Check": text})
        elif name and found:
            found[-1][name] = text
        elif found and last:
            found[-1][last] += f" {text}"
        last = name or last
    if not found:
        why = last_line(output.stderr, output.stdout)
        raise ReadingFailed(f"nova-status ended with {output.status}", why=why)
    return tuple(Finding(one["Check"], one.get("Result", "unknown"), one.get("Details", "")) for one in found)


def succeeds(findings: tuple[Finding, ...]) -> Observation:
    """Say whether all checks of the command succeed, except for the BEARABLE warnings."""
    told = [one for one in findings if one.result != SUCCESS]
    wrong = [one for one in told if not (one.result == "Warning" and one.check in BEARABLE)]
    if wrong or not findings:
        listed = "; ".join(f"{one.check}: {one.result}: {one.details}" for one in wrong)
        return Observation(holds=False, seen=listed or "nothing was checked")
    borne = "".join(f"; {one.check}: {one.result}, {BEARABLE[one.check]}" for one in told)
    well = ", ".join(one.check for one in findings if one.result == SUCCESS)
    return Observation(holds=True, seen=f"{SUCCESS}: {well}{borne}")
