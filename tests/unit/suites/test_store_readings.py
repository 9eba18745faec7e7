import pytest
from observed import met, unmet
from suites_sample import FakeHost

from suites.components.mongodb import replica_set
from suites.components.mongodb.component import healthy
from suites.components.swift import objects
from suites.errors import ReadingFailed
from suites.hosts.host import Output

MEMBERS = ("10.71.3.56:27017", "10.71.3.57:27017", "10.71.3.58:27017")
ADDRESSES = [member.partition(":")[0] for member in MEMBERS]


def view(*states: str) -> dict[str, str]:
    return dict(zip(MEMBERS, states, strict=True))


WELL = view("PRIMARY", "SECONDARY", "SECONDARY")


def test_one_primary_that_all_agree_on_is_well() -> None:
    seen = dict.fromkeys(MEMBERS, WELL)
    assert met(replica_set.one_primary(seen)) == f"primary {MEMBERS[0]}"
    assert not replica_set.one_primary({}).holds
    assert replica_set.as_hosts(seen, ADDRESSES).holds
    assert not replica_set.as_hosts({}, ADDRESSES).holds


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "does not answer"),
        (view("SECONDARY", "PRIMARY", "SECONDARY"), "as primaries"),
        (view("SECONDARY", "SECONDARY", "SECONDARY"), "sees 0 primaries"),
        (view("PRIMARY", "SECONDARY", "RECOVERING"), "as RECOVERING"),
        (view("PRIMARY", "SECONDARY", "(not reachable/healthy)"), "not reachable"),
    ],
)
def test_anything_else_is_named(other: dict[str, str], says: str) -> None:
    seen = {MEMBERS[0]: WELL, MEMBERS[1]: WELL, MEMBERS[2]: other}
    assert says in unmet(replica_set.one_primary(seen))


def test_members_that_are_missing_or_too_many_are_named() -> None:
    short = {member: state for member, state in WELL.items() if member != MEMBERS[2]}
    assert "lacks 10.71.3.58:27017" in unmet(replica_set.as_hosts({MEMBERS[0]: short}, ADDRESSES))
    assert "has 10.71.3.58:27017 too" in unmet(replica_set.as_hosts({MEMBERS[0]: WELL}, ADDRESSES[:2]))


def test_a_row_must_be_on_every_member() -> None:
    assert replica_set.on_all(dict.fromkeys(MEMBERS, True)).holds
    assert not replica_set.on_all({}).holds
    lacking = {MEMBERS[0]: True, MEMBERS[1]: False}
    assert unmet(replica_set.on_all(lacking)) == f"the row is not on {MEMBERS[1]}"


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(ReadingFailed):
        replica_set.views({"a": "b"})


@pytest.mark.parametrize(
    ("state", "well"), [("primary", True), ("secondary", True), ("joining", False), ("", False)]
)
def test_a_member_is_healthy_when_it_serves(state: str, *, well: bool) -> None:
    unit, serving = healthy(FakeHost())
    assert unit.script == "systemctl is-active mongod.service"
    assert serving.judge(Output(0, f"{state}\n", "")).holds is well


def test_an_object_read_back_is_the_one_that_was_stored_and_is_gone_then() -> None:
    assert objects.read_back("ab12 ab12 404\n", 3).holds
    assert unmet(objects.read_back("ab12 cd34 404", 3)) == "stored ab12, read cd34"
    kept = unmet(objects.read_back("ab12 ab12 there", 3))
    assert kept == "the object was deleted and is still there (there)"
    assert unmet(objects.read_back("", 3)) == "the round trip said nothing"
