"""A gate of this repository run on a standing stage without a promotion: `python -m suites gate …`."""

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checkout import REPOSITORY

from stages.config import read
from suites.harness.layout import ONCE
from suites.seam.roster import Entry

Check = dict[str, Any]
RED = ("failed", "error")
UNCLEAR = ("inconclusive",)


def order(gate: str, target: Path, into: Path, asked: Sequence[tuple[str, str]] = ()) -> tuple[str, ...]:
    """The command that runs a gate into a directory: the checks that are asked for, or all of them."""
    into.mkdir(exist_ok=True)
    roster = [Entry(component, ONCE, check) for component, check in asked] or roster_of(gate, target)
    (into / "roster.json").write_text(
        json.dumps({"roster": list(map(asdict, roster)), "partial": bool(asked)})
    )
    options = ("--target", str(target), "--roster", str(into / "roster.json"), "--into", str(into))
    return (sys.executable, "-m", "suites", "gate", "--gate", gate, *options)


def roster_of(gate: str, target: Path) -> list[Entry]:
    """What the config asks a gate to see in the stage of a target."""
    shape = read(REPOSITORY / "config").gates[gate]
    hosts = json.loads(target.read_text())["hosts"]
    carrying = {
        name: [host["name"] for host in hosts if name in host["components"]]
        for name in {*shape.each_host, *shape.once}
    }
    each = [
        Entry(name, host, check)
        for name, checks in shape.each_host.items()
        for host in carrying[name]
        for check in checks
    ]
    once = [
        Entry(name, ONCE, check) for name, checks in shape.once.items() if carrying[name] for check in checks
    ]
    return each + once


def run(command: Sequence[str], into: Path, within: float = 300) -> list[Check]:
    """Run the command of a gate; return what its report says of each check."""
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, timeout=within)
    checks: list[Check] = json.loads((into / "report.json").read_text())["checks"]
    assert checks
    return checks


def smoke(target: Path, folder: Path) -> list[Check]:
    """Run the smoke gate as if the stage had been deployed now; journals are read from then on."""
    document = json.loads(target.read_text())
    now = datetime.now(UTC).isoformat()
    copy = folder / "target.json"
    copy.write_text(json.dumps(document | {"deployed_at": now, "settled_at": now}))
    return run(order("smoke", copy, folder / "into"), folder / "into")


def standing_faults(target: Path) -> list[object]:
    """The faults that a gate has written down to be undone."""
    log = target.with_name("faults.json")
    found: list[object] = json.loads(log.read_text()) if log.exists() else []
    return found


def red(checks: Sequence[Check]) -> dict[str, str]:
    """What the checks that said no have seen, by component/check, all hosts' in one text."""
    return _said(checks, RED)


def inconclusive(checks: Sequence[Check]) -> dict[str, str]:
    """What the checks that could not tell have seen, in the same form."""
    return _said(checks, UNCLEAR)


def _said(checks: Sequence[Check], outcomes: Collection[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for one in checks:
        if one["outcome"] in outcomes:
            name = f"{one['component']}/{one['check']}"
            said[name] = "\n".join(filter(None, (said.get(name), f"{one['host']}: {one['seen']}")))
    return said
