"""The doctor says of a machine what was seen, what is wanted, and what to type."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stage_sample import CONFIG, IMAGE, OPENSTACK, all_well, blueprint, but, drafted, planned
from stand_in import install

from stages.config import Config
from stages.design.strategy import Strategy
from stages.machine.substrates.connections import Connections
from stages.planning.observed import HostSeen, State
from stages.requests import doctor
from stages.requests.plan import lacking
from stages.requests.verbs import VERBS, Service

CHECKS = ["memory", "inotify", "root", "programs", "cgroups", "disk", "certificates"]


@pytest.fixture
def config() -> Config:
    return drafted("prod").config


def findings(config: Config, *stages: str) -> dict[str, doctor.Finding]:
    return {finding.check: finding for finding in doctor.examine(config, stages or None)}


def test_every_check_says_what_was_seen_what_is_wanted_and_what_to_do(config: Config) -> None:
    found = [finding.to_json() for finding in doctor.examine(config)]
    assert [finding["check"] for finding in found] == CHECKS
    for finding in found:
        assert set(finding) == {"check", "ok", "seen", "wanted", "next"}
        assert all(finding[key] for key in ("seen", "wanted", "next"))


def test_more_stages_want_more(config: Config) -> None:
    assert (
        findings(config, "dev")["memory"].wanted == "650 MB for all hosts; 980 MB with a second control plane"
    )
    assert findings(config, "dev")["inotify"].wanted == "21 for 3 hosts; 28 with a second control plane"
    both = findings(config, "dev", "prod")["inotify"]
    assert both.wanted == "70 for 10 hosts; 84 with a second control plane", "of one stage at a time"
    assert findings(config)["inotify"].wanted == "119 for 17 hosts; 133 with a second control plane"


def test_where_another_colour_brings_each_change_there_must_be_room_for_it(config: Config) -> None:
    stages = tuple(
        replace(stage, strategy=Strategy.BLUE_GREEN if stage.name == "dev" else Strategy.ROLLING)
        for stage in config.stages
    )
    often = replace(config, stages=stages)
    assert findings(often, "dev")["inotify"].wanted == "28 for 4 hosts"
    # Of staging and prod only another OpenStack release has a second one, which is larger.
    assert findings(often)["inotify"].wanted == "126 for 18 hosts; 133 with a second control plane"


def test_two_that_stand_have_what_they_need(config: Config) -> None:
    found = {one.check: one for one in doctor.examine(config, ["dev"], two=True)}
    assert found["inotify"].wanted == "21 for 3 hosts"


@pytest.mark.parametrize("state", [State.ABSENT, State.STOPPED])
def test_a_plan_is_refused_where_hosts_do_not_fit_that_it_makes_or_starts(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    asked: list[Mapping[str, int]] = []
    no_room = doctor.Finding("memory", ok=False, seen="1 MB free", wanted="9 MB", next="lower the counts")
    monkeypatch.setattr(doctor, "fit_for", lambda counts: [asked.append(counts), no_room][1:])
    observed = but(
        all_well(), database_3=None if state is State.ABSENT else HostSeen(state, IMAGE, OPENSTACK)
    )
    assert lacking(blueprint(), observed, planned(observed)) == (
        "too little memory for hosts that do not run yet: 1 MB free, 9 MB (next: lower the counts)",
    )
    assert asked == [{"database": 1}]


def test_hosts_that_run_need_no_more_memory(config: Config) -> None:
    running = {"database": 1, "identity": 1}
    found = {one.check: one for one in doctor.examine(config, ["dev"], running=running)}
    assert found["memory"].wanted == "60 MB for all hosts; 390 MB with a second control plane"
    assert found["inotify"].wanted == "7 for 1 hosts; 14 with a second control plane"


def test_a_machine_that_is_too_small_is_told_and_what_to_change(config: Config) -> None:
    stages = tuple(replace(stage, roles={"identity": 10**9}) for stage in config.stages)
    found = findings(replace(config, stages=stages))
    assert not found["memory"].ok
    assert found["memory"].next == "lower the counts in config/stages/"
    assert not found["inotify"].ok


SERVICE = Service(lambda _what, _host: None, lambda _retry: None, Connections())


def asked(verb: str, site: Path) -> dict[str, Any]:
    return VERBS[verb]({"site": str(site), "config": str(CONFIG), "stage": "prod"}, SERVICE)


@pytest.mark.parametrize("lacks", ["programs", "root"])
def test_a_machine_that_can_not_ask_its_lab_is_told_what_it_lacks(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    install(programs, "podman", "import sys; sys.exit('podman was asked')")
    lacking = replace(getattr(doctor, lacks)(), ok=False)
    monkeypatch.setattr(doctor, lacks, lambda: lacking)
    told = asked("doctor", tmp_path / "site")
    assert lacking.to_json() in told["findings"]
    assert told["hosts"] == []
    if lacks == "root":
        (refusal,) = asked("plan", tmp_path / "site")["plan"]["refusals"]
        assert refusal.startswith("must run as root")
