"""The doctor says of a machine what was seen, what is wanted, and what to type."""

from dataclasses import replace

import pytest
from stage_sample import drafted

from stages.config import Config
from stages.requests import doctor

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
    assert findings(config, "dev")["memory"].wanted == "650 MB for all hosts"
    assert findings(config, "dev")["inotify"].wanted == "21 for 3 hosts"
    assert findings(config, "dev", "prod")["inotify"].wanted == "70 for 10 hosts"
    assert findings(config)["inotify"].wanted == "119 for 17 hosts"


def test_hosts_that_run_need_no_more_memory(config: Config) -> None:
    running = {"database": 1, "identity": 1}
    found = {one.check: one for one in doctor.examine(config, ["dev"], running=running)}
    assert found["memory"].wanted == "60 MB for all hosts"
    assert found["inotify"].wanted == "7 for 1 hosts"


def test_a_machine_that_is_too_small_is_told_and_what_to_change(config: Config) -> None:
    stages = tuple(replace(stage, roles={"identity": 10**9}) for stage in config.stages)
    found = findings(replace(config, stages=stages))
    assert not found["memory"].ok
    assert found["memory"].next == "lower the counts in config/stages/"
    assert not found["inotify"].ok
