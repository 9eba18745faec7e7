"""The catalog: every API for every interface, in the region, and nothing else."""

from dataclasses import replace

import pytest
from observed import met, unmet

from suites.components.keystone import catalog
from suites.openstack.steps import Catalog, Offered

ENDPOINTS = {
    "identity": "http://10.71.3.5:5000/v3",
    "network": "http://10.71.3.5:9696",
    "volume": "http://10.71.3.5:8776/v3",
    "metadata": "http://10.71.3.5:8775",
    "database": "10.71.3.5:3306",
}
KINDS = (("identity", "identity"), ("network", "network"), ("volumev3", "volume"))
EXACT = Catalog(
    "RegionOne",
    tuple(
        Offered(kind, interface, "RegionOne", ENDPOINTS[name] + ("/" if name == "network" else ""))
        for kind, name in KINDS
        for interface in ("admin", "internal", "public")
    ),
)


def test_a_catalog_with_every_endpoint_and_no_other_is_exact() -> None:
    assert met(catalog.is_exact(EXACT, ENDPOINTS)).startswith(
        "identity, network, volumev3 for admin, internal"
    )


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (EXACT.entries[1:], "identity admin of RegionOne at http://10.71.3.5:5000/v3 is missing"),
        ((*EXACT.entries, EXACT.entries[0]), "5000/v3 is there twice"),
        (
            (*EXACT.entries, Offered("image", "public", "RegionOne", "http://10.71.3.5:9292")),
            "image public of RegionOne at http://10.71.3.5:9292 is there and should not be",
        ),
        (
            (replace(EXACT.entries[0], region="RegionTwo"), *EXACT.entries[1:]),
            "identity admin of RegionTwo at http://10.71.3.5:5000/v3 is there and should not be",
        ),
        (
            (*EXACT.entries[:-1], replace(EXACT.entries[-1], url="http://10.71.3.9:8776/v3")),
            "volumev3 public of RegionOne at http://10.71.3.9:8776/v3 is there and should not be",
        ),
        ((), "is missing"),
    ],
)
def test_what_a_catalog_lacks_or_has_too_much_is_named(entries: tuple[Offered, ...], said: str) -> None:
    assert said in unmet(catalog.is_exact(Catalog("RegionOne", entries), ENDPOINTS))


def test_a_stage_without_apis_has_no_exact_catalog() -> None:
    assert not catalog.is_exact(Catalog("RegionOne", ()), {"database": "10.71.3.5:3306"}).holds
