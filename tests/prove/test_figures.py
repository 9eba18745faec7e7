"""What `make promote` costs, measured on the real lab; writes docs/performance.md.

Figures are of one machine and one run, told with both; nothing here passes or fails by a time.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from checkout import REPOSITORY, Checkout
from page import table, write_chapter

pytestmark = [pytest.mark.prove, pytest.mark.timeout(5400)]

TICKS = os.sysconf("SC_CLK_TCK")
STAGES = ("dev", "staging", "prod")
GATE = "gate "

Bar = dict[str, Any]
SHAPES: dict[str, Callable[[Checkout], Checkout]] = {
    "What make promote costs": lambda checkout: checkout,
    "What make promote costs, with load balancers, databases and identity only": Checkout.small,
}


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, and CPU seconds of the whole machine meanwhile: engine, children and hosts."""

    wall: float
    cpu: float


def cost(work: Callable[[], object]) -> Cost:
    begin, busy = time.monotonic(), busy_seconds()
    work()
    return Cost(time.monotonic() - begin, busy_seconds() - busy)


def busy_seconds() -> float:
    user, nice, system, _idle, _iowait, irq, softirq = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / TICKS


@pytest.fixture(params=SHAPES)
def chapter(request: pytest.FixtureRequest) -> str:
    title: str = request.param
    return title


@pytest.fixture
def bare(chapter: str) -> Iterator[Checkout]:
    """A clone whose host image is not on this machine yet."""
    for kind in ("host", "root"):
        names = podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        for name in [name for name in names if "/stagegate-" in name and f"/{kind}:" in name]:
            podman("rmi", name)  # refused while a host of another site runs it
    checkout = SHAPES[chapter](Checkout("prove").fresh())
    try:
        yield checkout
    finally:
        checkout.give_back()


def test_the_figures_are_taken_and_written_down(chapter: str, bare: Checkout) -> None:
    idle = used_megabytes()
    first = {stage: promote(bare, stage) for stage in STAGES}
    paths = {stage: critical_path(bare, f"p{number}") for number, stage in enumerate(STAGES, start=1)}
    memory = used_megabytes() - idle
    again = {stage: promote(bare, stage) for stage in STAGES}
    plan = cost(lambda: bare.promote("plan", "--stage", "prod", expect=0))
    assert [entry["outcome"] for entry in bare.history()] == ["verified"] * 6
    repeated = [bar["name"] for number in (4, 5, 6) for bar in timeline(bare, f"p{number}")[0]]
    assert all(name.startswith(GATE) for name in repeated), "there was something to change"
    write_chapter(
        chapter,
        "One run each. CPU seconds are the whole machine's meanwhile, the lab's hosts included.\n",
        costs(first, again),
        gates(bare),
        single(plan, help_times(), memory),
        *map(path_table, paths, paths.values()),
    )


def promote(checkout: Checkout, stage: str) -> Cost:
    return cost(lambda: checkout.promote("--stage", stage, expect=0))


def timeline(checkout: Checkout, promotion: str) -> tuple[list[Bar], list[str]]:
    """The steps and gates of a promotion as they were, and the names of those of its critical path."""
    told = checkout.promote("show", promotion, "-o", "json", expect=0).document
    return told["timeline"], told["critical_path"]


def critical_path(checkout: Checkout, promotion: str) -> list[Bar]:
    bars, names = timeline(checkout, promotion)
    return [bar for bar in bars if bar["name"] in names]


def gates(checkout: Checkout) -> str:
    """How long each gate took in the first promotion into its stage, and in the second."""
    rows = []
    for number, stage in enumerate(STAGES, start=1):
        first, again = (
            {bar["name"]: bar["seconds"] for bar in timeline(checkout, f"p{promotion}")[0]}
            for promotion in (number, number + len(STAGES))
        )
        rows += [
            (stage, name.removeprefix(GATE), f"{first[name]:.0f}", f"{again[name]:.0f}")
            for name in first
            if name.startswith(GATE)
        ]
    return "### Of it, the gates (seconds)\n\n" + table(("stage", "gate", "first", "second"), rows)


def help_times() -> list[float]:
    promote_help = (str(REPOSITORY / ".venv/bin/promote"), "--help")
    return [
        cost(lambda: subprocess.run(promote_help, stdout=subprocess.DEVNULL, check=True)).wall
        for _ in range(9)
    ]


def costs(first: dict[str, Cost], again: dict[str, Cost]) -> str:
    rows = [(stage, *seconds(first[stage]), *seconds(again[stage])) for stage in STAGES]
    rows.append(("all", *seconds(total(first)), *seconds(total(again))))
    return (
        "### After its set-up, stage by stage (seconds)\n\n"
        "No host image was there the first time: dev built it. The second time there was nothing to change."
        " All gates of the stages ran both times.\n\n"
        + table(("stage", "first: wall", "CPU", "second: wall", "CPU"), rows)
    )


def total(costs: dict[str, Cost]) -> Cost:
    return Cost(sum(cost.wall for cost in costs.values()), sum(cost.cpu for cost in costs.values()))


def seconds(cost: Cost) -> tuple[str, str]:
    return f"{cost.wall:.0f}", f"{cost.cpu:.0f}"


def single(plan: Cost, help_seconds: list[float], memory: int) -> str:
    median, slowest = (of(help_seconds) * 1000 for of in (statistics.median, max))
    rows = {
        "`promote plan --stage prod`, nothing to change": f"{plan.wall:.1f} s wall, {plan.cpu:.1f} s CPU",
        f"the help of `promote`, median of {len(help_seconds)} (most)": f"{median:.0f} ms ({slowest:.0f} ms)",
        "memory with all three stages standing": f"{memory} MB",
    }
    return "### Single calls\n\n" + table(("what", "figure"), list(rows.items()))


def path_table(stage: str, path: list[Bar]) -> str:
    rows = [(bar["name"], f"{bar['seconds']:.1f}", bar["title"]) for bar in path]
    rows.append(("all", f"{sum(bar['seconds'] for bar in path):.1f}", "until every API answers"))
    title = f"### What the first promotion into {stage} waited for (its critical path)\n\n"
    return title + table(("step", "seconds", "what"), rows)


def podman(*arguments: str) -> str:
    return subprocess.run(("podman", *arguments), capture_output=True, text=True, check=True).stdout


def used_megabytes() -> int:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(lines["MemTotal"].split()[0]) - int(lines["MemAvailable"].split()[0])) // 1024
