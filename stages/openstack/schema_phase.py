#!/usr/bin/python3 -IS
"""Brings the schemas of one project through a phase of an upgrade. Each SPEC is JSON (phases.py writes it).

done SPEC...  exits 0 if nothing is left to do in these phases
ready SPEC    exits 0 if the project may be upgraded: its schemas have revisions that were reviewed, and its
              own check finds nothing in the way
run SPEC      does what the phase does, and then looks whether its schemas have the reviewed revisions;
              meanwhile, another program measures how long writes stall
told SPEC     prints what that has measured, for people, as JSON

What it starts is in SPEC, as argv lists, with the meaning of exit statuses.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from typing import Any, NoReturn

    Json = dict[str, Any]

RAISED = "Traceback (most recent call last)"


def started(argv: list[str]) -> tuple[int, str]:
    """The program's exit status, and all that it printed."""
    done = subprocess.run(
        argv,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout


def fail(spec: Json, what: str, said: str, then: str = "") -> NoReturn:
    """End with what the program said, and as the last line why that stops the upgrade, and what to do."""
    sys.stderr.write(said)
    sys.exit(f"error: {spec['what']}: {what} (next: {then or spec['then']})")


def meaning(status: int, *told: Json) -> str:
    """What an exit status means, by the first mapping that has it; their keys are text, as in JSON."""
    found = (of[str(status)] for of in told if str(status) in of)
    return next(found, "the command itself failed")


def revisions(head: Json) -> list[str]:
    """The revisions that a schema has now, sorted; none if it does not tell."""
    status, said = started(head["ask"])
    return sorted(said.split()) if status == 0 else []


def is_good(question: Json) -> bool:
    """Whether the answer is good."""
    return str(started(question["command"])[0]) in question["good"]


def require(spec: Json, question: Json) -> None:
    """End unless the answer is good."""
    status, said = started(question["command"])
    if str(status) not in question["good"]:
        why = meaning(status, question["bad"])
        fail(spec, f"{shlex.join(question['command'])} ended with {status}: {why}", said)


def require_heads(spec: Json) -> None:
    """End unless each schema has revisions that are accepted."""
    for head in spec["heads"]:
        status, said = started(head["ask"])
        if status:
            fail(spec, f"{shlex.join(head['ask'])} ended with {status}", said)
        if sorted(said.split()) not in head["accepted"]:
            due = " or ".join(sorted({", ".join(one) for one in head["accepted"]}))
            has = ", ".join(said.split()) or "none"
            fail(
                spec,
                f"schema {head['schema']} has the revisions {has}, and should have {due}",
                "",
                spec["else"],
            )


def is_done(spec: Json) -> bool:
    """Whether nothing is left to do in this phase."""
    if spec["noted"]:
        return started(spec["noted"])[0] == 0
    if not all(revisions(head) in head["accepted"] for head in spec["heads"]):
        return False
    return all(is_good(work["after"]) for work in spec["works"] if work["after"])


def work_off(spec: Json, work: Json) -> None:
    """Run one command of the phase, as often as it asks for, and ask whether it has done all."""
    if work["before"]:
        require(spec, work["before"])
    while True:
        status, said = started(work["command"])
        # A program that ends by an exception may exit with the same status as one that did a part.
        if status == work["again"] and RAISED not in said:
            continue
        if status:
            why = meaning(status, work["failures"])
            fail(spec, f"{shlex.join(work['command'])} ended with {status}: {why}", said)
        break
    if work["after"]:
        require(spec, work["after"])


def work_off_all(spec: Json) -> None:
    """Run all commands of the phase, and keep what was measured meanwhile, also if one fails."""
    kept = Path(spec["stalls"])
    kept.unlink(missing_ok=True)
    watch = subprocess.Popen(spec["watch"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        for work in spec["works"]:
            work_off(spec, work)
    finally:
        found, _ = watch.communicate()  # it ends with its stdin
        if watch.returncode == 0:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(found)


def told(spec: Json) -> Json:
    """The longest stall of writes, in words and as a number."""
    kept = Path(spec["stalls"])
    if not kept.exists():
        why = "the phase had nothing to do or was too short, or nothing could write"
        return {"told": [f"write stalls were not measured: {why}"]}
    found, budget = json.loads(kept.read_text()), spec["budget_s"]
    over = "OVER BUDGET: " if found["longest_s"] > budget else ""
    least = "at least " if found["unended"] else ""
    again = f", {found['failed']} begun again" if found["failed"] else ""
    text = f"{over}longest write stall {least}{found['longest_s']:g} s (budget {budget:g} s)"
    return {
        "told": [f"{text}, of {found['writes']} writes{again}"],
        "measured": {"longest write stall s": found["longest_s"]},
    }


def main(verb: str, specs: list[Json]) -> int:
    """The exit status."""
    if verb == "done":
        return 0 if all(map(is_done, specs)) else 1
    (spec,) = specs
    if verb == "ready":
        require_heads(spec)
        if spec["question"]:
            require(spec, spec["question"])
        return 0
    if verb == "told":
        sys.stdout.write(json.dumps(told(spec)) + "\n")
        return 0
    if verb != "run":
        return 2
    work_off_all(spec)
    require_heads(spec)
    if spec["note"]:
        status, said = started(spec["note"])
        if status:
            fail(spec, "the database could not record that this is done", said)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], [json.loads(text) for text in sys.argv[2:]]))
