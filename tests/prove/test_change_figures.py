"""What clients notice when hosts come, leave, are redeployed or get a new setting; into docs/performance.md.

Each role of a whole control plane in turn, while all that can be probed is probed.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from checkout import REPOSITORY, Checkout
from page import table, write_chapter
from watching import Watch, watched

from stages.config import read
from stages.config.roles import count_problem
from stages.config.scaling import scaled as with_counts
from suites.probes.spec import USUAL, Kind, askable
from suites.seam.target import read_target

STAGE = "staging"
MOST = 8  # hosts of a role
APIS = ("identity", "image", "compute-api", "network-api", "volume-api")
# For each role, one setting that changes what its services read, and so restarts or reloads them.
SETTINGS = {
    "loadbalancer": {"maxconn": 2001},
    "database": {"max_connections": 2001},
    "messaging": {"memory_limit": "513MB"},
    "coordination": {"max_memory": "65mb"},
    "identity": {"debug": True},
    "image": {"debug": True},
    "compute-api": {"debug": True},
    "network-api": {"debug": True},
    "volume-api": {"debug": True},
    "compute": {"debug": True},
    "ovn": {"inactivity_probe": "61s"},
    "object-store": {"memcached_memory": 17},
}


class Change(NamedTuple):
    """What is done to a role's hosts, and who does it."""

    title: str
    act: Callable[[Checkout], object]


def stage_file(checkout: Checkout) -> Path:
    return checkout.path / f"config/stages/{STAGE}.yaml"


def scaled(checkout: Checkout, role: str, count: int) -> None:
    checkout.promote("scale", "--stage", STAGE, f"{role}={count}", expect=0)
    checkout.commit(f"{count} hosts of {role}")
    checkout.promote("--stage", STAGE, expect=0)


def otherwise(text: str, role: str) -> str:
    """The stage's file with another setting of a role."""
    stage = yaml.safe_load(text)
    stage["settings"].setdefault(role, {}).update(SETTINGS[role])
    dumped: str = yaml.safe_dump(stage, sort_keys=False)
    return dumped


def set_otherwise(checkout: Checkout, role: str) -> None:
    file = stage_file(checkout)
    file.write_text(otherwise(file.read_text(), role))
    checkout.commit(f"Another setting of {role}")
    checkout.promote("--stage", STAGE, expect=0)


def more_than(count: int, role: str) -> int | None:
    """The next larger count that the role can have; None if there is none."""
    return next((n for n in range(count + 1, MOST + 1) if count_problem(role, n) is None), None)


def changes(checkout: Checkout, role: str) -> Iterator[Change]:
    """Out and in again, where the role can have more hosts; its last host made again; another setting."""
    hosts = [host["name"] for host in checkout.target(STAGE)["hosts"] if host["role"] == role]
    count = len(hosts)
    more = more_than(count, role)
    if more is not None:
        yield Change(f"{count} → {more} hosts", lambda it: scaled(it, role, more))
        yield Change(f"{more} → {count} hosts", lambda it: scaled(it, role, count))
    again = ("redeploy", hosts[-1], "--stage", STAGE, "--yes")
    yield Change(f"{hosts[-1]} redeployed", lambda it: it.promote(*again, expect=0))
    yield Change("another setting", lambda it: set_otherwise(it, role))


def row(role: str, change: Change, seconds: float, watch: Watch) -> tuple[str, ...]:
    probe, worst = max(watch.measures.items(), key=lambda item: item[1].longest_gap_s)
    ended = {name: len(watch.ended(name)) for name in watch.failed}
    late = sum(len(failed) for failed in watch.failed.values()) - sum(ended.values())
    told = ", ".join(f"{name} {number}" for name, number in ended.items() if number) or "0"
    return role, change.title, f"{seconds:.0f} s", f"{worst.longest_gap_s:.1f} s ({probe})", told, f"{late}"


def tell(rows: list[tuple[str, ...]]) -> None:
    header = ("role", "change", "took", "longest gap", "requests that were ended", "that took too long")
    write_chapter("What clients notice when hosts come, leave and change", table(header, rows))


def test_the_config_of_every_change_is_accepted(tmp_path: Path) -> None:
    """Each setting stays as it is for the changes after it."""
    config = tmp_path / "config"
    shutil.copytree(REPOSITORY / "config", config)
    file = config / f"stages/{STAGE}.yaml"
    for role in SETTINGS:
        text, was = file.read_text(), read(config).stage(STAGE)
        wider = {role: more_than(was.roles[role], role) or was.roles[role]}
        more, problems = with_counts(text, file.name, wider)
        file.write_text(more)
        assert (problems, read(config).stage(STAGE).roles[role]) == ([], wider[role])
        file.write_text(otherwise(text, role))
        assert read(config).stage(STAGE).settings[role] != was.settings[role]


@pytest.mark.prove
@pytest.mark.timeout(4 * 3600)
def test_what_clients_notice_of_each_change(standing: Checkout, tmp_path: Path) -> None:
    assert set(SETTINGS) == set(yaml.safe_load(stage_file(standing).read_text())["roles"])
    kinds = tuple(
        kind
        for kind in askable(read_target(standing.target_path(STAGE)))
        if kind in USUAL and kind is not Kind.SERVER
    )
    rows: list[tuple[str, ...]] = []
    lost: list[str] = []
    for role in SETTINGS:
        for change in changes(standing, role):
            with watched(standing.target_path(STAGE), tmp_path / str(len(rows)), kinds) as watch:
                begun = time.monotonic()
                change.act(standing)
                seconds = time.monotonic() - begun
            rows.append(row(role, change, seconds, watch))
            tell(rows)  # after each: hours of measuring are not lost to the next one
            if role in APIS:
                lost += [
                    f"{role}, {change.title}: {one}" for name in watch.failed for one in watch.ended(name)
                ]
    assert {role for role, *_ in rows} == set(SETTINGS)
    assert lost == []
