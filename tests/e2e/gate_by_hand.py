"""A gate of this repository run on a standing stage without a promotion: `python -m suites gate …`."""

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checkout import REPOSITORY

Check = dict[str, Any]
RED = ("failed", "error")
UNCLEAR = ("inconclusive",)


def order(gate: str, target: Path, into: Path, asked: Sequence[tuple[str, str]] = ()) -> tuple[str, ...]:
    """The command that runs a gate into a directory: the checks that are asked for, or all of them."""
    into.mkdir(exist_ok=True)
    roster = [{"component": component, "host": "-", "check": check} for component, check in asked]
    (into / "roster.json").write_text(json.dumps({"roster": roster, "partial": bool(asked)}))
    options = ("--target", str(target), "--roster", str(into / "roster.json"), "--into", str(into))
    return (sys.executable, "-m", "suites", "gate", "--gate", gate, *options)


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
