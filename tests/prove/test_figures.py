"""What `make promote` costs, measured on the real lab; writes docs/performance.md.

Figures are of one machine and one run, told with both; nothing here passes or fails by a time.
"""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from checkout import REPOSITORY, Checkout

pytestmark = pytest.mark.prove

PAGE = REPOSITORY / "docs" / "performance.md"
TICKS = os.sysconf("SC_CLK_TCK")
STAGES = ("dev", "staging", "prod")


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


@pytest.fixture(scope="module")
def bare() -> Iterator[Checkout]:
    """A clone whose host image is not on this machine yet."""
    for kind in ("host", "root"):
        names = podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        for name in [name for name in names if "/stagegate-" in name and f"/{kind}:" in name]:
            podman("rmi", name)  # refused while a host of another site runs it
    checkout = Checkout("prove").fresh()
    try:
        yield checkout
    finally:
        checkout.give_back()


def test_the_figures_are_taken_and_written_down(bare: Checkout) -> None:
    idle = used_megabytes()
    first = {stage: promote(bare, stage) for stage in STAGES}
    paths = {stage: critical_path(bare, f"p{number}") for number, stage in enumerate(STAGES, start=1)}
    memory = used_megabytes() - idle
    again = promote(bare, "staging")
    plan = cost(lambda: bare.promote("plan", "--stage", "staging", expect=0))
    assert [entry["outcome"] for entry in bare.history()] == ["verified"] * 4
    sections = [
        head(),
        costs(first),
        single(again, plan, help_times(), memory),
        *map(path_table, paths, paths.values()),
    ]
    PAGE.write_text("\n".join(sections))


def promote(checkout: Checkout, stage: str) -> Cost:
    return cost(lambda: checkout.promote("--stage", stage, expect=0))


def critical_path(checkout: Checkout, promotion: str) -> list[dict[str, Any]]:
    told = checkout.promote("show", promotion, "-o", "json", expect=0).document
    return [bar for bar in told["timeline"] if bar["name"] in told["critical_path"]]


def help_times() -> list[float]:
    promote_help = (str(REPOSITORY / ".venv/bin/promote"), "--help")
    return [
        cost(lambda: subprocess.run(promote_help, stdout=subprocess.DEVNULL, check=True)).wall
        for _ in range(9)
    ]


def head() -> str:
    commit = subprocess.run(
        ("git", "rev-parse", "--short=12", "HEAD"), cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    machine = f"{os.cpu_count()} cores, {memory} GiB of memory, Linux {platform.release()}"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"""# Performance

Written by `make prove` on {today}, at commit `{commit}`, on a machine with
{machine}. One run each, on a machine that others may share:
trust the proportions more than the seconds. CPU seconds are the whole machine's meanwhile, the
lab's hosts included.
"""


def costs(first: dict[str, Cost]) -> str:
    rows = [f"| {stage} | {seconds(first[stage])} |" for stage in STAGES]
    total = " | ".join(
        f"{sum(getattr(cost, part) for cost in first.values()):.0f}" for part in ("wall", "cpu")
    )
    return "\n".join(
        [
            "## What `make promote` does after its set-up, stage by stage (seconds)",
            "",
            "No host image was there: dev built it. All gates of the stages ran.",
            "",
            "| stage | wall | CPU |",
            "|---|---|---|",
            *rows,
            f"| all | {total} |",
            "",
        ]
    )


def seconds(cost: Cost) -> str:
    return f"{cost.wall:.0f} | {cost.cpu:.0f}"


def single(again: Cost, plan: Cost, help_seconds: list[float], memory: int) -> str:
    median, slowest = (of(help_seconds) * 1000 for of in (statistics.median, max))
    rows = {
        "`promote --stage staging`, nothing to change": f"{again.wall:.1f} s wall, {again.cpu:.1f} s CPU",
        "`promote plan --stage staging`, nothing to change": f"{plan.wall:.1f} s wall, {plan.cpu:.1f} s CPU",
        f"the help of `promote`, median of {len(help_seconds)} (most)": f"{median:.0f} ms ({slowest:.0f} ms)",
        "memory with all three stages standing": f"{memory} MB",
    }
    lines = [f"| {what} | {figure} |" for what, figure in rows.items()]
    return "\n".join(["## Single calls", "", "| what | figure |", "|---|---|", *lines, ""])


def path_table(stage: str, path: list[dict[str, Any]]) -> str:
    rows = [f"| {bar['name']} | {bar['seconds']:.1f} | {bar['title']} |" for bar in path]
    title = f"## What the first promotion into {stage} waited for (its critical path)"
    return "\n".join([title, "", "| step | seconds | what |", "|---|---|---|", *rows, ""])


def podman(*arguments: str) -> str:
    return subprocess.run(("podman", *arguments), capture_output=True, text=True, check=True).stdout


def used_megabytes() -> int:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(lines["MemTotal"].split()[0]) - int(lines["MemAvailable"].split()[0])) // 1024
