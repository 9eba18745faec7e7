"""What reviews of migrations say that the gates write is what the gates write.

After expand, smoke and api run with the old code over the expanded schema. A review says of each operation
which check meets it there.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1 import exceptions
from observed import met, unmet
from pydantic import TypeAdapter
from suites_sample import REPOSITORY

from stages.config import read
from stages.machine.images import releases
from suites.components.neutron import ranges, ranges_client
from suites.openstack.access import Access
from suites.seam.target import SecretVariable

# The gates after expand, and what a review says of their checks: `smoke neutron:port_binds`.
GATES = ("smoke", "api")
WORDS = re.compile(r"\b(smoke|api) ([a-z-]+:[a-z_]+(?:(?:,| and) [a-z-]+:[a-z_]+)*)")


def named(text: str) -> Iterator[tuple[str, str, str]]:
    """The checks that a text names, each with its gate and its component."""
    for gate, listed in WORDS.findall(" ".join(text.split())):
        for one in re.findall(r"[a-z-]+:[a-z_]+", listed):
            component, _, check = one.partition(":")
            yield gate, component, check


REVIEWED = [
    (f"{review.before}-{review.after}/{script.revision}:{operation.line}", operation)
    for review in releases.read().reviews
    for script in review.scripts
    for operation in script.operations
]


@pytest.mark.parametrize(
    "text", [operation.reviewed for _, operation in REVIEWED], ids=[name for name, _ in REVIEWED]
)
def test_each_check_that_a_review_names_is_in_the_roster_of_its_gate(text: str) -> None:
    gates = read(REPOSITORY / "config").gates
    for gate, component, check in named(text):
        wanted = gates[gate]
        assert check in (*wanted.each_host.get(component, ()), *wanted.once.get(component, ())), (gate, check)
    # None is named in another way, which would not be looked up here.
    loose = re.sub(WORDS, "", " ".join(text.split()))
    assert not re.search(r"\b[a-z]+(-[a-z]+)?:[a-z_]{3,}", loose), loose


def test_the_reviews_name_checks_that_write() -> None:
    found = {one for _, operation in REVIEWED for one in named(operation.reviewed)}
    assert {gate for gate, _, _ in found} == set(GATES)
    assert ("api", "neutron", "tags") in found
    assert ("smoke", "neutron", "segment_range_is_made") in found


def test_several_checks_of_a_gate_are_all_looked_up() -> None:
    text = (
        "Written in api neutron:ports, neutron:tags and\nneutron:networks, and in smoke neutron:port_binds."
    )
    assert [*named(text)] == [
        ("api", "neutron", "ports"),
        ("api", "neutron", "tags"),
        ("api", "neutron", "networks"),
        ("smoke", "neutron", "port_binds"),
    ]


class Cloud:
    """A Neutron with these extensions; over an expanded schema it answers 500 to a range of segments."""

    def __init__(self, *extensions: str, expanded: bool = False) -> None:
        self.extensions, self.expanded, self.calls = extensions, expanded, list[str]()
        self.ranges: list[dict[str, str]] = []

    def get(self, url: str) -> "Cloud":
        self.calls.append(f"GET {url}")
        return self

    def post(self, url: str, json: dict[str, Any]) -> "Cloud":
        (values,) = json.values()
        self.calls.append(f"POST {url} {values['network_type']} {values['project_id']}")
        assert values["name"] == f"{ranges_client.PREFIX}-smoke-1"
        if self.expanded:
            raise exceptions.InternalServerError("Request Failed")
        return self

    def delete(self, url: str) -> None:
        self.calls.append(f"DELETE {url}")

    def get_project_id(self) -> str:
        return "p1"

    def json(self) -> dict[str, Any]:
        return {
            "extensions": [{"alias": alias} for alias in self.extensions],
            "network_segment_range": {"id": "one"},
            "network_segment_ranges": self.ranges,
        }


def made_in(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> ranges.Range:
    monkeypatch.setattr(ranges_client, "signed_in", lambda _access: cloud)
    access = Access(identity="http://identity", password=SecretVariable("NONE"))
    answer = ranges_client.answer(access, "http://network/", "smoke-1")
    return TypeAdapter(ranges.Range).validate_python(answer)


def test_a_range_is_made_and_deleted_where_there_are_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud("router", ranges_client.EXTENSION)
    assert met(ranges.made(made_in(cloud, monkeypatch))) == "a range of type geneve was made and deleted"
    place = "http://network/v2.0/network_segment_ranges"
    assert cloud.calls[1:] == [f"GET {place}", f"POST {place} geneve p1", f"DELETE {place}/one"]


def test_a_range_that_a_killed_run_left_goes_first_and_nobody_elses_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = Cloud(ranges_client.EXTENSION)
    cloud.ranges = [
        {"id": "left", "name": f"{ranges_client.PREFIX}-smoke-0"},
        {"id": "default", "name": "default"},
    ]
    assert met(ranges.made(made_in(cloud, monkeypatch))) == "a range of type geneve was made and deleted"
    changed = [call.rsplit("/", 1)[1] for call in cloud.calls if not call.startswith("GET")]
    assert changed == ["left", "network_segment_ranges geneve p1", "one"]


def test_without_the_plugin_that_is_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud("router")
    seen = met(ranges.made(made_in(cloud, monkeypatch)))
    assert seen == "the API has no segment ranges, so nothing writes any"
    assert cloud.calls == ["GET http://network/v2.0/extensions"]


def test_old_code_whose_range_the_expanded_schema_refuses_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    found = made_in(Cloud(ranges_client.EXTENSION, expanded=True), monkeypatch)
    assert unmet(ranges.made(found)) == "a range of type geneve was refused: Request Failed (HTTP 500)"
