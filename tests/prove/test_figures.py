"""What `make promote` costs, measured on the real lab; writes docs/performance.md.

Figures are of one machine and one run, told with both; nothing here passes or fails by a time.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from checkout import Checkout
from memory import used_megabytes
from page import COMMIT, table, write_chapter
from powering import podman

pytestmark = [pytest.mark.prove, pytest.mark.timeout(5400)]

TICKS = os.sysconf("SC_CLK_TCK")
CONTAINERS_V1 = Path("/sys/fs/cgroup/cpuacct/libpod_parent/cpuacct.usage")
CONTAINERS_V2 = Path("/sys/fs/cgroup/libpod_parent/cpu.stat")
STAGES = ("dev", "staging", "prod")
GATE = "gate "

# An earlier commit to measure in the same go, on the same machine: STAGEGATE_PROVE_BEFORE=6830419 make prove
BEFORE = os.environ.get("STAGEGATE_PROVE_BEFORE")

Bar = dict[str, Any]
SHAPES: dict[str, Callable[[Checkout], Checkout]] = {
    "What make promote costs": lambda checkout: checkout,
    "What make promote costs, with load balancers, databases and identity only": Checkout.small,
}
OLD = f"What make promote cost at commit {BEFORE}"
if BEFORE:
    SHAPES[OLD] = lambda checkout: checkout.at(BEFORE)


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, and CPU seconds meanwhile: of the lab's hosts, and of all else on the machine.

    All else is the engine, its children and podman, where nobody else works on the machine.
    """

    wall: float
    own: float
    hosts: float


def cost(work: Callable[[], object]) -> Cost:
    begin, busy, of_hosts = time.monotonic(), busy_seconds(), hosts_seconds()
    work()
    hosts = hosts_seconds() - of_hosts
    return Cost(time.monotonic() - begin, busy_seconds() - busy - hosts, hosts)


def hosts_seconds() -> float:
    """CPU seconds of all containers of this machine so far, those that are gone included."""
    if CONTAINERS_V1.exists():
        return int(CONTAINERS_V1.read_text()) / 1e9
    if CONTAINERS_V2.exists():
        used = dict(line.split() for line in CONTAINERS_V2.read_text().splitlines())
        return int(used["usage_usec"]) / 1e6
    return 0.0  # no container was ever started


def busy_seconds() -> float:
    user, nice, system, _idle, _iowait, irq, softirq = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / TICKS


@pytest.fixture(params=SHAPES, scope="module")
def chapter(request: pytest.FixtureRequest) -> str:
    title: str = request.param
    return title


@pytest.fixture(scope="module")
def bare(chapter: str) -> Iterator[Checkout]:
    """A clone whose host image is not on this machine yet."""
    for kind in ("host", "root"):
        names = podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        for name in [name for name in names if "/stagegate-" in name and f"/{kind}:" in name]:
            podman("rmi", name)  # refused while a host of another site runs it
    with closing(SHAPES[chapter](Checkout("prove").fresh())) as checkout:
        yield checkout


def test_the_first_time(chapter: str, bare: Checkout) -> None:
    idle = used_megabytes()
    first = {stage: promote(bare, stage) for stage in STAGES}
    memory = used_megabytes() - idle
    assert [entry["outcome"] for entry in bare.history()] == ["verified"] * 3
    paths = {stage: critical_path(bare, f"p{number}") for number, stage in enumerate(STAGES, start=1)}
    write_chapter(
        chapter,
        "One run. No host image was there: dev built it. All gates of the stages ran.\n",
        costs(first),
        gates(bare, 1),
        f"With all three stages standing {memory} MB of memory more were in use than before.\n",
        *map(path_table, paths, paths.values()),
        commit=measured(chapter),
    )


def test_a_second_time(chapter: str, bare: Checkout) -> None:
    again = {stage: promote(bare, stage) for stage in STAGES}
    plan = cost(lambda: bare.promote("plan", "--stage", "prod", expect=0))
    assert [entry["outcome"] for entry in bare.history()] == ["verified"] * 6
    repeated = [bar["name"] for number in (4, 5, 6) for bar in timeline(bare, f"p{number}")[0]]
    assert all(name.startswith(GATE) for name in repeated), "there was something to change"
    write_chapter(
        f"{chapter}: a second time",
        "One run, straight after the first. There is nothing to change, and evidence is reused.\n",
        costs(again),
        gates(bare, 4),
        single(plan, help_times(bare)),
        commit=measured(chapter),
    )


def test_a_changed_setting(chapter: str, bare: Checkout) -> None:
    """Of one service of one role: what does not rest on it keeps its evidence."""
    stands = {host["role"] for host in bare.target("prod")["hosts"]}
    role = next(name for name in ("volume-api", "identity") if name in stands)
    roles = bare.path / "config" / "roles.yaml"
    before, own = roles.read_text().split(f"\n{role}:", maxsplit=1)
    roles.write_text(f"{before}\n{role}:{own.replace('debug: false', 'debug: true', 1)}")
    bare.commit(f"Have {role} log everything")
    changed = {stage: promote(bare, stage) for stage in STAGES}
    assert [entry["outcome"] for entry in bare.history()] == ["verified"] * 9
    write_chapter(
        f"{chapter}: one setting of {role} changed",
        "One run, after the second. Evidence of what does not rest on it is reused.\n",
        costs(changed),
        gates(bare, 7),
        commit=measured(chapter),
    )


def measured(chapter: str) -> str:
    return BEFORE if BEFORE and chapter == OLD else COMMIT


def promote(checkout: Checkout, stage: str) -> Cost:
    return cost(lambda: checkout.promote("--stage", stage, expect=0))


def timeline(checkout: Checkout, promotion: str) -> tuple[list[Bar], list[str]]:
    """The steps and gates of a promotion as they were, and the names of those of its critical path."""
    told = checkout.promote("show", promotion, "-o", "json", expect=0).document
    return told["timeline"], told["critical_path"]


def critical_path(checkout: Checkout, promotion: str) -> list[Bar]:
    bars, names = timeline(checkout, promotion)
    return [bar for bar in bars if bar["name"] in names]


def gates(checkout: Checkout, first: int) -> str:
    """How long each gate took in one promotion a stage, `first` being the number of the first of them."""
    rows = [
        (stage, bar["name"].removeprefix(GATE), f"{bar['seconds']:.0f}")
        for number, stage in enumerate(STAGES, start=first)
        for bar in timeline(checkout, f"p{number}")[0]
        if bar["name"].startswith(GATE)
    ]
    return "### Of it, the gates\n\n" + table(("stage", "gate", "seconds"), rows)


def help_times(checkout: Checkout) -> list[float]:
    promote_help = (str(checkout.program), "--help")
    return [
        cost(lambda: subprocess.run(promote_help, stdout=subprocess.DEVNULL, check=True)).wall
        for _ in range(9)
    ]


def costs(of: dict[str, Cost]) -> str:
    parts = ("wall", "own", "hosts")
    wall, own, hosts = (sum(getattr(cost, part) for cost in of.values()) for part in parts)
    rows = [(stage, *seconds(cost)) for stage, cost in {**of, "all": Cost(wall, own, hosts)}.items()]
    header = ("stage", "wall", "CPU of our own processes", "CPU of the hosts")
    return "### After its set-up, stage by stage (seconds)\n\n" + table(header, rows)


def seconds(cost: Cost) -> tuple[str, str, str]:
    return f"{cost.wall:.0f}", f"{cost.own:.0f}", f"{cost.hosts:.0f}"


def single(plan: Cost, help_seconds: list[float]) -> str:
    median, slowest = (of(help_seconds) * 1000 for of in (statistics.median, max))
    rows = {
        "`promote plan --stage prod`, nothing to change": f"{plan.wall:.1f} s wall, {plan.own:.1f} s own CPU",
        f"the help of `promote`, median of {len(help_seconds)} (most)": f"{median:.0f} ms ({slowest:.0f} ms)",
    }
    return "### Single calls\n\n" + table(("what", "figure"), list(rows.items()))


def path_table(stage: str, path: list[Bar]) -> str:
    rows = [(bar["name"], f"{bar['seconds']:.1f}", bar["title"]) for bar in path]
    rows.append(("all", f"{sum(bar['seconds'] for bar in path):.1f}", "until every API answers"))
    title = f"### What the first promotion into {stage} waited for (its critical path)\n\n"
    return title + table(("step", "seconds", "what"), rows)
