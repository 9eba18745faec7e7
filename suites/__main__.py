"""What must hold of a stage: `python -m suites VERB`.

`gate` runs a gate of this release against a target and writes its evidence. `sweep` finds what gates have
left in a stage, removes it if asked to, and prints that as a JSON line. `watches` prints, as a JSON line,
which components the checks of a gate look at besides their own, and whether it may be run in parts at once.
"""

import argparse
import ctypes
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from suites.errors import SuitesError
from suites.harness.layout import DIVISIBLE, GATES
from suites.harness.watches import watches
from suites.seam.report import PROTOCOL
from suites.seam.roster import read_roster
from suites.seam.target import read_target

PR_SET_PDEATHSIG = 1
SUITES = Path(__file__).resolve().parent


def main(arguments: Sequence[str]) -> int:
    """Do what the verb says; return its exit status, 1 after an error that went to stderr."""
    options = _parse(arguments)
    try:
        status: int = options.verb(options)
    except (SuitesError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return status


def _gate(options: argparse.Namespace) -> int:
    """Run the gate; return 0 if the session completed, whatever the checks' outcomes, else 1."""
    # Imports pytest, for which a mere question should not wait.
    from suites.harness.gate_run import GateRun, run_gate  # noqa: PLC0415 - see above

    read_target(options.target)  # before pytest, so that its errors go to stderr
    roster = read_roster(options.roster)
    run = GateRun(
        gate=options.gate,
        suites=SUITES,
        target=options.target.resolve(),
        roster=roster.entries,
        into=options.into.resolve(),
        lease=roster.lease,
        partial=roster.partial,
    )
    return 0 if run_gate(run, lambda: datetime.now(UTC)) else 1


def _sweep(options: argparse.Namespace) -> int:
    """Print what gates have left; whatever that is, the exit status is 0."""
    # Imports every component, for which a mere question should not wait.
    from suites.readings.sweeping import swept  # noqa: PLC0415 - see above

    target = read_target(options.target)
    found = swept(target, SUITES, clear=options.clear, tell=_told)
    document = {"protocol": PROTOCOL, "found": [one.to_json() for one in found.found], "unread": found.unread}
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def _told(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _watches(options: argparse.Namespace) -> int:
    divisible = options.gate in DIVISIBLE
    document = {"protocol": PROTOCOL, "watches": watches(SUITES, options.gate), "divisible": divisible}
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m suites", description="What must hold of a stage.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    gate = verbs.add_parser("gate", help="run a gate against a target and leave its evidence")
    gate.add_argument("--gate", required=True, choices=sorted(GATES))
    gate.add_argument("--target", required=True, type=Path, help="target.json of the stage")
    gate.add_argument("--roster", required=True, type=Path, help="what the gate must have seen")
    gate.add_argument(
        "--into", required=True, type=Path, help="directory for report.json, junit.xml, output.log"
    )
    gate.set_defaults(verb=_gate)
    sweep = verbs.add_parser("sweep", help="find what gates have left in a stage")
    sweep.add_argument("--target", required=True, type=Path, help="target.json of the stage")
    sweep.add_argument("--clear", action="store_true", help="remove it")
    sweep.set_defaults(verb=_sweep)
    asked = verbs.add_parser("watches", help="print which components the checks of a gate look at")
    asked.add_argument("--gate", required=True, choices=sorted(GATES))
    asked.set_defaults(verb=_watches)
    return parser.parse_args(arguments)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    _die_with_parent()
    # Settings that a shell has for other pytest runs must not change what a gate checks.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.exit(main(sys.argv[1:]))
