"""Ways to attempts that left files in their folders: reports, rosters, logs."""

import json

from desk import Desk, Way, green, red, step_fails

from pipeline.core.events import GateStarted

GATE = ("gate", "smoke", "--stage", "dev")


def with_faults(*argv: str) -> Way:
    """A gate has run as the second attempt; its report and that of the third attempt have a fault."""

    def way(desk: Desk) -> list[str]:
        fault = {
            "fault": "writer_killed",
            "target": "database-1",
            "proof": "it died",
            "longest_gap_s": 0.5,
            "budget_s": 4.44,
            "errors": 12,
            "lost": 0,
            "acknowledged": 500,
            "recovered_after_s": None,
            "verdict": "passed",
        }
        for attempt in ("p2", "p3"):
            folder = desk.bench.site / "runs" / attempt / "smoke-1"
            folder.mkdir(parents=True)
            (folder / "report.json").write_text(json.dumps({"checks": [{"faults": [fault]}]}))
        desk(*green(desk))
        desk(*GATE)
        return list(argv)

    return way


def after_two_gates(*argv: str) -> Way:
    def way(desk: Desk) -> list[str]:
        with_faults()(desk)
        desk(*GATE)
        return list(argv)

    return way


def under_a_gate(desk: Desk) -> list[str]:
    """The first release is being checked; one check of two has ended."""
    desk.interrupted(*green(desk), after=6)
    desk.bench.shop().ledger.append([GateStarted("p1", "smoke", 1, "runs/p1/smoke-1")])
    folder = desk.bench.site / "runs" / "p1" / "smoke-1"
    folder.mkdir(parents=True)
    entries = [{"component": "thing", "host": "-", "check": name} for name in ("one", "two")]
    (folder / "roster.json").write_text(json.dumps({"roster": entries}))
    checks = [{**entries[0], "outcome": "passed", "seen": "it works"}]
    (folder / "report.json").write_text(json.dumps({"checks": checks}))
    return ["status"]


def with_log(desk: Desk) -> list[str]:
    folder = desk.bench.site / "runs" / "p1" / "smoke-1"
    folder.mkdir(parents=True)
    (folder / "output.log").write_text("1 failed\n")
    desk(*red(desk))
    return ["show", "--logs"]


def with_rollout_log(desk: Desk) -> list[str]:
    log = desk.bench.site / "runs" / "p1" / "stages.log"
    log.parent.mkdir(parents=True)
    log.write_text("it did not work\n")
    desk(*step_fails(desk))
    return ["show", "--logs"]
