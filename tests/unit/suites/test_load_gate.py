"""The load gate as it is run: one load for all its checks, another if that says too little."""

import json
from typing import Any

import pytest
from suites_sample import REPOSITORY, Ran, Sample

from stages.config import read as read_config
from suites.harness.loading import mix_of
from suites.probes.records import SHAPES

# Only what became of the requests is made up; the sample's suites import the rest from the real ones.
CONFTEST = """
from suites.load import fixtures
from suites.load.sampled import Ended, Sample
TAKEN = []
def put(clients, subjects, due, name):
    TAKEN.append(name)
    late = 1.0 if len(TAKEN) <= {late} else 0.0
    took = {{"database-2": {slow}}}
    return tuple(
        Sample(one, Ended(one.at + late, one.at + late + one.held + took.get(one.host, 0.03))) for one in due
    )
fixtures.under_load = put
"""
MIX = """
from suites.load.mix import Mix
from suites.probes.spec import Kind
MIX = Mix(endpoint="identity", reads=("/users",), record=Kind.GROUP, watches=frozenset({"right"}))
"""
LOAD = {"rate": 22.0, "lasts": 19.0, "waits": 0.5}


def gate(sample: Sample, load: object = LOAD, late: int = 0, slow: float = 0.03) -> Ran:
    path = sample.code / "target.json"
    document: dict[str, Any] = json.loads(path.read_text())
    path.write_text(json.dumps(document if load is None else document | {"load": load}))
    sample.write("components/left/load.py", MIX)
    sample.write("load/test_load.py", (REPOSITORY / "suites/load/test_load.py").read_text())
    conftest = (REPOSITORY / "suites" / "conftest.py").read_text()
    sample.write("conftest.py", conftest + CONFTEST.format(late=late, slow=slow))
    return sample.gate("load")


def test_both_checks_of_a_component_that_has_a_mix_are_judged_by_one_load(sample: Sample) -> None:
    ran = gate(sample)
    assert ran.outcomes == {"left/-/answers_at_once": "passed", "left/-/no_host_stands_out": "passed"}
    evidence = list(ran.into.glob("load-*.jsonl"))
    assert len(evidence) == 1
    lines = [json.loads(line) for line in evidence[0].read_text().splitlines()]
    assert {line["series"] for line in lines} >= {"alone", "beside", "together", "vip"}
    assert {line["host"] for line in lines} == {"", "database-1", "database-2"}


def test_a_slow_host_is_red_in_its_check_alone(sample: Sample) -> None:
    ran = gate(sample, slow=0.3)
    assert ran.outcomes == {"left/-/answers_at_once": "passed", "left/-/no_host_stands_out": "failed"}
    assert ran.seen["no_host_stands_out"].startswith("database-2 is slower than the others by 0.27 s")


def test_a_load_that_says_too_little_is_put_once_more_for_all_and_counted(sample: Sample) -> None:
    ran = gate(sample, late=1)
    assert set(ran.outcomes.values()) == {"passed"}
    retakes = [one for check in ran.report["checks"] for one in check["retakes"]]
    assert len(retakes) == 2
    assert {one["evidence"] for one in retakes} < {path.name for path in ran.into.glob("load-*.jsonl")}
    assert len(list(ran.into.glob("load-*.jsonl"))) == 2


@pytest.mark.parametrize(("load", "late"), [(LOAD, 2), (None, 0)])
def test_too_little_twice_or_no_load_at_all_proves_nothing(sample: Sample, load: object, late: int) -> None:
    assert set(gate(sample, load=load, late=late).outcomes.values()) == {"inconclusive"}


def test_every_component_of_the_roster_has_a_mix_and_a_kind_of_record() -> None:
    once = read_config(REPOSITORY / "config").gates["load"].once
    mixed = {path.parent.name.replace("_", "-") for path in REPOSITORY.glob("suites/components/*/load.py")}
    assert mixed == set(once)
    assert all(mix_of("suites", name).record in SHAPES for name in once)
    assert set(once.values()) == {("answers_at_once", "no_host_stands_out")}
