"""What the hosts of a stage lack, by their own reports. Each is asked once, all together; nothing changes.

Of a stage on machines that exist already, those are asked, too, that no host was made of yet.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stages.design import views
from stages.design.blueprint import Blueprint
from stages.errors import HostRefused
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen
from stages.planning.fitness import Answer, HostFit, Needs, Problem, judge, needs
from stages.requests import doctor
from stages.requests.context import Context
from stages.requests.machines import unprepared

WITHIN = 30.0  # seconds for one report; each port has three, and all are asked at once
PROGRAM = Path(__file__).parent.parent / "machine" / "host_report.py"


def standing(context: Context) -> dict[str, Seen]:
    """The hosts of the stage that exist, by name, running or not.

    Without those that gave no answer, or are another stage's: `hosts_fit` asks their machines what they are.
    """
    # Without these, the lab can't be asked; machines can by anybody who has their key.
    if not doctor.programs().ok or (context.substrate.makes_hosts and not doctor.root().ok):
        return {}
    known = {host.name for host in context.draft.blueprint.reachable}
    found = context.substrate.standing().hosts
    return {name: seen for name, seen in found.items() if name in known and not seen.silent}


def running(context: Context, found: Mapping[str, Seen]) -> Counter[str]:
    """How many hosts of each role run: one that is stopped takes no memory until it is started.

    Without those of the colour beside the release's own: what the release asks for comes on top of them.
    """
    own = context.draft.blueprint.hosts
    return Counter(host.role for host in own if host.name in found and found[host.name].running)


def hosts_fit(context: Context, found: Mapping[str, Seen]) -> list[dict[str, Any]]:
    """One row for each host that exists, or whose machine does, in the stage's order."""
    blueprint, again = context.draft.blueprint, f"promote doctor --stage {context.stage}"
    asked = _needs(blueprint, [name for name, seen in found.items() if seen.running])
    rows = {
        host.name: _stopped(host.name, host.role, context.stage)
        for host in blueprint.reachable
        if host.name in found and not found[host.name].running
    }
    reports: dict[str, Mapping[str, Any]] = {}
    if asked:
        program = PROGRAM.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(asked)) as pool:
            config = context.substrate.borrow(Path(folder))
            answers = list(pool.map(lambda one: _ask(RemoteHost(one.host, config), program, one), asked))
            judged = (judge(one, answer, again) for one, answer in zip(asked, answers, strict=True))
            rows |= {row.host: row for row in judged}
        found_out = zip(asked, answers, strict=True)
        reports = {one.host: answer.report for one, answer in found_out if answer.lacks is None}
    rows |= unprepared(context, [one.host for one in asked], reports)
    return [asdict(rows[host.name]) for host in blueprint.reachable if host.name in rows]


def _needs(blueprint: Blueprint, running: Collection[str]) -> tuple[Needs, ...]:
    """What each of these must have; a host of the colour beside what it needs within its own."""
    if blueprint.beside is None:
        return needs(blueprint, running)
    beside = {host.name for host in blueprint.beside.hosts}
    others = needs(views.other(blueprint), running)
    return (*needs(blueprint, running), *(one for one in others if one.host in beside))


def _ask(host: RemoteHost, program: str, needed: Needs) -> Answer:
    asked = time.time()
    try:
        report = host.told(program, needed.question(), WITHIN)
    except HostRefused as error:
        return Answer(lacks=(error.what, error.why, error.next))
    return Answer(asked, time.time(), report)


def _stopped(name: str, role: str, stage: str) -> HostFit:
    why = Problem("it is stopped", name, "a host that does not run says nothing", f"promote --stage {stage}")
    return HostFit(name, role, fit=False, seen="stopped", problems=(why,))
