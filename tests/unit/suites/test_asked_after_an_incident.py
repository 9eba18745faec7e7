import json
from pathlib import Path

from gate_by_hand import Check, order
from incidents import CREATED, not_passed

from suites.seam.roster import Entry, read_roster

COMPONENT, CHECK = CREATED[0]


def said(outcome: str, check: str = CHECK) -> Check:
    return {"component": COMPONENT, "host": "-", "check": check, "outcome": outcome, "seen": "ACTIVE or not"}


def test_a_check_that_passed_is_nothing_to_tell_and_what_was_not_asked_is_none() -> None:
    assert not_passed([said("passed"), said("failed", "upgrade_check")], CREATED) == []


def test_a_check_that_proves_nothing_or_was_not_seen_is_told() -> None:
    name = f"{COMPONENT}/{CHECK}"
    assert not_passed([said("inconclusive")], CREATED) == [f"{name} on -: inconclusive: ACTIVE or not"]
    assert not_passed([said("passed", "upgrade_check")], CREATED) == [f"{name} was not seen"]


def test_a_gate_by_hand_runs_what_it_is_asked_for_alone_or_else_all(tmp_path: Path) -> None:
    order("smoke", tmp_path / "target.json", tmp_path, CREATED)
    roster = read_roster(tmp_path / "roster.json")
    assert (roster.partial, roster.entries) == (True, frozenset({Entry(COMPONENT, "-", CHECK)}))
    hosts = [{"name": "identity-blue-1", "components": ["keystone", "memcached"]}]
    (tmp_path / "target.json").write_text(json.dumps({"hosts": hosts}))
    order("smoke", tmp_path / "target.json", tmp_path)
    found = read_roster(tmp_path / "roster.json")
    assert found.partial is False
    assert {entry.component for entry in found.entries} == {"keystone", "memcached"}
    assert {
        Entry("keystone", "identity-blue-1", "healthy"),
        Entry("keystone", "-", "keys_are_equal"),
    } <= found.entries
