"""Nothing to change, said by Stagegate and by others beside it on one stage; writes docs/performance.md.

The others get the same work, made from the manifests, and as many hosts at once as there are. They are
installed for the length of this test, from a lock of their own. Nobody changes anything: all are asked for
a dry run, and a tool that would change something fails the test.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import Checkout, run_program
from page import table, write_chapter
from peers_work import Work, prepare
from test_figures import Cost, cost

from stages.machine.site import Site

HERE = Path(__file__).with_name("peers")
LONGEST_S = 600  # for one run of one of them
TIMES = 3
STAGE = "staging"


@dataclass(frozen=True)
class Peer:
    """A tool: what runs it, its settings, and how many things it says it would change."""

    title: str
    argv: tuple[str, ...]
    settings: dict[str, str]
    changes: Callable[[str], int]


def peers(programs: Path, work: Work) -> list[Peer]:
    book = str(HERE / "playbook.yml")
    plays = (str(programs / "ansible-playbook"), "--check", "-i", f"{work.folder}/inventory.json", book)
    settings = {
        "ANSIBLE_FORKS": str(work.hosts),
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_TIMEOUT": "60",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{work.folder}/sockets",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_HOME": f"{work.folder}/ansible",
    }
    strategies = next(programs.parent.glob("lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
    mitogen = {"ANSIBLE_STRATEGY_PLUGINS": str(strategies), "ANSIBLE_STRATEGY": "mitogen_linear"}
    deploy = (str(programs / "pyinfra"), "--dry", f"{work.folder}/inventory.py", str(HERE / "deploy.py"))
    at_once = ("--parallel", str(work.hosts))
    return [
        Peer("pyinfra", (*deploy, *at_once), {}, pyinfra_changes),
        Peer("ansible-core with mitogen", plays, settings | mitogen, ansible_changes),
        Peer("ansible-core", plays, settings, ansible_changes),
    ]


def ansible_changes(said: str) -> int:
    """Of the recap's lines, one a host."""
    recap = re.findall(r"changed=(\d+) +unreachable=(\d+) +failed=(\d+)", said)
    assert recap, said[-2000:]
    return sum(int(number) for line in recap for number in line)


def pyinfra_changes(said: str) -> int:
    """Of the table of detected changes, a line an operation; a dash stands for none."""
    rows = re.findall(r"^ {4}[a-z]+\.[a-z_]+ \(.*\) +(\d+|-) +(\d+|-) *$", said, flags=re.MULTILINE)
    assert rows, said[-2000:]
    return sum(int(cell) for row in rows for cell in row if cell != "-")


def test_an_ansible_that_changes_or_does_not_reach_a_host_is_seen() -> None:
    line = "{} : ok=9 changed={} unreachable={} failed=0 skipped=0 rescued=0 ignored=0\n"
    well = line.format("database-1", 0, 0)
    assert ansible_changes(well) == 0
    assert ansible_changes(well + line.format("database-2", 2, 0)) == 2
    assert ansible_changes(well + line.format("database-2", 0, 1)) == 1
    with pytest.raises(AssertionError):
        ansible_changes("nothing was done")


def test_a_pyinfra_that_changes_is_seen() -> None:
    well = "    server.group (group=nova, system=True)      -        -      \n"
    assert pyinfra_changes(well) == 0
    assert pyinfra_changes(well + "    files.put (src=a, mode=0644)      2        -      \n") == 2
    assert pyinfra_changes(well + "    systemd.service (service=a)       -        1      \n") == 1
    with pytest.raises(AssertionError):
        pyinfra_changes("--> Skipping change detection")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the others are installed."""
    place = tmp_path_factory.mktemp("peers")
    uv = Path(sys.executable).with_name("uv")
    environment = {**os.environ, "VIRTUAL_ENV": str(place), "UV_SYSTEM_CERTS": "true"}
    install = ("pip", "install", "--quiet", "-r", HERE / "requirements.txt")
    for argv in (("venv", "--quiet", place), install):
        subprocess.run((uv, *argv), env=environment, check=True)
    return place / "bin"


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_nothing_to_change_beside_others(standing: Checkout, programs: Path, tmp_path: Path) -> None:
    work = prepare(Site.peek(standing.site), standing.path / "config", STAGE, tmp_path)
    ours = [cost(lambda: preview(standing)) for _ in range(TIMES)]
    took = {"`promote plan`": ours}
    for peer in peers(programs, work):
        took[peer.title] = [cost(lambda peer=peer: run(peer, work)) for _ in range(TIMES)]
    write_chapter(
        "Nothing to change, beside others",
        f"{work.hosts} hosts and {work.resources} resources (users, directories, files with their contents,"
        f" units); the median of {TIMES} cold runs, each a dry run that found nothing. The others work on all"
        " hosts at once, ansible with pipelining. `promote plan` asks besides whether clusters, schemas and"
        " services are as they should be. CPU seconds are the whole machine's, all that hosts do included.\n",
        comparison(took),
    )


def preview(checkout: Checkout) -> None:
    plan = checkout.promote("plan", "--stage", STAGE, "-o", "json", expect=0).document
    assert plan["steps"] == [], plan


def run(peer: Peer, work: Work) -> None:
    """One run from the cold: no connection of an earlier one is left."""
    shutil.rmtree(work.folder / "sockets", ignore_errors=True)
    environment = {**os.environ, **peer.settings}
    done = run_program(*peer.argv, cwd=work.folder, env=environment, timeout=LONGEST_S)
    said = done.out + done.err
    assert done.code == 0, said[-2000:]
    assert peer.changes(said) == 0, said[-2000:]


def comparison(took: dict[str, list[Cost]]) -> str:
    walls = {title: statistics.median(cost.wall for cost in costs) for title, costs in took.items()}
    cpus = {
        title: statistics.median(cost.own + cost.hosts for cost in costs) for title, costs in took.items()
    }
    ours = next(iter(walls.values()))
    rows = [
        (title, f"{wall:.1f}", f"{cpus[title]:.1f}", f"{wall / ours:.1f}") for title, wall in walls.items()
    ]
    return table(("who", "seconds", "CPU seconds", "times the first"), rows)
