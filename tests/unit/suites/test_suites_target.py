import json
from pathlib import Path
from typing import Any

import pytest
from suites_sample import Read

from suites.errors import RosterUnusable, TargetUnusable
from suites.seam.roster import Entry, Roster, read_roster, unseen


def test_a_target_says_which_hosts_carry_a_component(read: Read, target_document: dict[str, Any]) -> None:
    target = read(target_document)
    assert [host.name for host in target.carrying("left")] == ["database-1", "database-2"]
    assert target.carrying("nothing") == ()
    assert target.endpoint_on("identity", target.host("database-1")) == "http://10.71.3.33:5000/v3"


def test_a_host_is_to_have_the_versions_of_the_release_that_it_runs(
    read: Read, target_document: dict[str, Any]
) -> None:
    target_document["versions_of"] = {"2025.2": {"python": {"keystone": "28.0.0"}}}
    for host, openstack in zip(target_document["hosts"], ("2025.2", "2026.1"), strict=True):
        host["openstack"] = openstack
    target = read(target_document)
    assert target.versions_on(target.host("database-1")).python == {"keystone": "28.0.0"}
    assert target.versions_on(target.host("database-2")).python == {"keystone": "29.0.1"}


def test_hosts_can_be_told_apart_in_sets_though_they_declare_mappings(
    read: Read, target_document: dict[str, Any]
) -> None:
    for host in target_document["hosts"]:
        host["declared"] = {"files": {"/etc/a": {"sha256": "0"}}}
    hosts = read(target_document).hosts
    assert all(host.declared for host in hosts)
    assert len(set(hosts)) == len(hosts)


def test_every_problem_of_a_target_is_named_and_no_value_is_told(
    read: Read, target_document: dict[str, Any]
) -> None:
    target_document.update(protocol=2, deployed_at="2026-11-22T16:00:00", inside="s3cret-looking")
    del target_document["vip"]
    del target_document["hosts"][1]["address"]
    with pytest.raises(TargetUnusable) as caught:
        read(target_document)
    text = str(caught.value)
    for place in ("protocol", "deployed_at", "inside", "vip", "hosts.1.address"):
        assert f"{place}: " in text
    assert "s3cret-looking" not in text
    assert "next: " in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hosts": []}, "hosts: the list is empty"),
        ({"inside": []}, "inside: an empty argv"),
    ],
)
def test_a_target_that_would_check_nothing_or_the_wrong_network_is_refused(
    read: Read, target_document: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(TargetUnusable, match=said):
        read(target_document | change)


def test_a_host_named_twice_is_refused(read: Read, target_document: dict[str, Any]) -> None:
    target_document["hosts"][1]["name"] = "database-1"
    with pytest.raises(TargetUnusable, match="database-1 is listed twice"):
        read(target_document)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_file_that_is_no_target_is_refused(read: Read, text: str) -> None:
    with pytest.raises(TargetUnusable):
        read(text)


ENTRY = {"component": "galera", "host": "-", "check": "one_cluster"}


@pytest.mark.parametrize("document", [[ENTRY], {"roster": [ENTRY], "within_s": 180}])
def test_a_roster_is_a_list_of_entries_alone_or_in_a_document(tmp_path: Path, document: object) -> None:
    path = tmp_path / "roster.json"
    path.write_text(json.dumps(document))
    assert read_roster(path) == Roster(frozenset({Entry("galera", "-", "one_cluster")}))


def test_a_roster_may_be_partial(tmp_path: Path) -> None:
    path = tmp_path / "roster.json"
    for partial in (True, False):
        path.write_text(json.dumps({"roster": [ENTRY], "partial": partial}))
        assert read_roster(path) == Roster(frozenset({Entry("galera", "-", "one_cluster")}), partial=partial)


@pytest.mark.parametrize("text", ['{"roster": [], "partial": true}', '{"roster": []}', "[]"])
def test_a_roster_without_a_check_is_refused_since_a_gate_of_faults_would_make_all(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "roster.json"
    path.write_text(text)
    with pytest.raises(RosterUnusable, match="the roster names no check"):
        read_roster(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '[{"host": "-"}]',
        "7",
        f'{{"roster": [{json.dumps(ENTRY)}], "lease": {{"token": 6}}}}',
        f'{{"roster": [{json.dumps(ENTRY)}], "partial": "yes"}}',
    ],
)
def test_what_is_no_roster_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roster.json"
    path.write_text(text)
    with pytest.raises(RosterUnusable, match=r"not a roster|not JSON|has no"):
        read_roster(path)


def test_entries_without_a_check_are_unseen() -> None:
    one, other = Entry("a", "-", "x"), Entry("a", "-", "y")
    assert unseen({other, one}, [one]) == (other,)
