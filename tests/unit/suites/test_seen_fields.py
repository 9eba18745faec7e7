"""What counts as the same data after an upgrade, and what does not."""

import pytest
from seen_fields import Seen, counted, differences, digests, normal

BEFORE: Seen = {
    "network": {
        "a": {"id": "1", "mtu": 1400, "tags": ["y", "x"], "updated_at": "1", "dns": {"name": "n"}},
        "b": {"id": "2", "mtu": 1400, "tags": [], "updated_at": "1", "dns": None},
    },
    "server": {"a": {"id": "3", "addresses": {"net": [{"addr": "10.0.0.4", "version": 4}]}}},
}


def after(**fields: object) -> Seen:
    """What is seen later, with other fields of the network `a`."""
    return {**BEFORE, "network": {**BEFORE["network"], "a": {**BEFORE["network"]["a"], **fields}}}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"updated_at": "2"},
        {"tags": ["x", "y"]},
        {"brought_by_the_newer_release": True},
        {"dns": {"name": "n", "zone": "z"}},
    ],
)
def test_what_a_newer_release_may_do_is_no_difference(fields: dict[str, object]) -> None:
    now = after(**fields)
    assert differences(BEFORE, now) == []
    assert digests(BEFORE, now) == digests(BEFORE, BEFORE)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mtu": 1399}, "mtu was 1400 and is 1399"),
        ({"tags": ["x"]}, r"tags was \['x', 'y'\] and is \['x'\]"),
        ({"dns": {}}, r"dns was \{'name': 'n'\} and is \{\}"),
        ({"dns": None}, r"dns was \{'name': 'n'\} and is None"),
    ],
)
def test_another_value_is_told_with_the_one_before(fields: dict[str, object], told: str) -> None:
    now = after(**fields)
    with pytest.raises(AssertionError, match=f"network a: {told}"):
        assert_same(now)
    assert digests(BEFORE, now)["network"] != digests(BEFORE, BEFORE)["network"]
    assert digests(BEFORE, now)["server"] == digests(BEFORE, BEFORE)["server"]


def assert_same(now: Seen) -> None:
    found = differences(BEFORE, now)
    assert not found, "\n".join(found)


def test_what_is_gone_and_what_came_is_told() -> None:
    without = {**BEFORE, "network": {"b": BEFORE["network"]["b"]}}
    assert differences(BEFORE, without) == ["network a is gone"]
    assert differences(without, BEFORE) == ["network a was not there"]
    assert (counted(BEFORE), counted(without)["network"]) == ({"network": 2, "server": 1}, 1)
    assert digests(BEFORE, without)["network"] != digests(BEFORE, BEFORE)["network"]
    field_gone = {**BEFORE, "server": {"a": {"id": "3"}}}
    assert differences(BEFORE, field_gone) == [
        f"server a: addresses was {BEFORE['server']['a']['addresses']!r} and is 'gone'"
    ]


def test_a_field_within_a_list_counts() -> None:
    moved = {**BEFORE, "server": {"a": {"id": "3", "addresses": {"net": [{"addr": "10.0.0.9"}]}}}}
    assert len(differences(BEFORE, moved)) == 1
    assert normal([{"b": 1}, {"a": 1}]) == [{"a": 1}, {"b": 1}]
