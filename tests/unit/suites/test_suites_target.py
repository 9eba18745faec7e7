import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suites.errors import RosterUnusable, TargetUnusable
from suites.seam.roster import Entry, read_roster, unseen
from suites.seam.target import Target, read_target


@pytest.fixture
def target(tmp_path: Path) -> Callable[[object], Target]:
    """Read a target of this document, or text."""

    def read(document: object) -> Target:
        path = tmp_path / "target.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return read_target(path)

    return read


def test_a_target_says_which_hosts_carry_a_component(
    target: Callable[[object], Target], target_document: dict[str, Any]
) -> None:
    read = target(target_document)
    assert [host.name for host in read.carrying("left")] == ["database-1", "database-2"]
    assert read.carrying("nothing") == ()
    assert read.endpoint_on("identity", read.host("database-1")) == "http://10.71.3.33:5000/v3"


def test_every_problem_of_a_target_is_named_and_no_value_is_told(
    target: Callable[[object], Target], target_document: dict[str, Any]
) -> None:
    target_document.update(protocol=2, deployed_at="2026-11-22T16:00:00", inside="s3cret-looking")
    del target_document["vip"]
    del target_document["hosts"][1]["address"]
    with pytest.raises(TargetUnusable) as caught:
        target(target_document)
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
    target: Callable[[object], Target], target_document: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(TargetUnusable, match=said):
        target(target_document | change)


def test_a_host_named_twice_is_refused(
    target: Callable[[object], Target], target_document: dict[str, Any]
) -> None:
    target_document["hosts"][1]["name"] = "database-1"
    with pytest.raises(TargetUnusable, match="database-1 is listed twice"):
        target(target_document)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_file_that_is_no_target_is_refused(target: Callable[[object], Target], text: str) -> None:
    with pytest.raises(TargetUnusable):
        target(text)


ENTRY = {"component": "galera", "host": "-", "check": "one_cluster"}


@pytest.mark.parametrize("document", [[ENTRY], {"roster": [ENTRY], "within_s": 180}])
def test_a_roster_is_a_list_of_entries_alone_or_in_a_document(tmp_path: Path, document: object) -> None:
    path = tmp_path / "roster.json"
    path.write_text(json.dumps(document))
    assert read_roster(path) == {Entry("galera", "-", "one_cluster")}


@pytest.mark.parametrize("text", ["", "{}", '[{"host": "-"}]', "7"])
def test_what_is_no_roster_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roster.json"
    path.write_text(text)
    with pytest.raises(RosterUnusable):
        read_roster(path)


def test_entries_without_a_check_are_unseen() -> None:
    one, other = Entry("a", "-", "x"), Entry("a", "-", "y")
    assert unseen({other, one}, [one]) == (other,)
