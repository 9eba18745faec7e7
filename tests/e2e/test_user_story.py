"""A user's whole story through the VIP: project, image, network, server, and all of it away again."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from checkout import Checkout

pytestmark = pytest.mark.lab

STAGE = "staging"
STORY = Path(__file__).with_name("user_story.py")


@pytest.fixture(scope="module")
def told(whole: Checkout) -> dict[str, Any]:
    """What the story saw. It runs as an operator would run it, with the clouds.yaml that promote wrote."""
    argv = (sys.executable, str(STORY))
    return whole.promote("lab", "exec", "--stage", STAGE, "--", *argv, expect=0).document


def test_a_member_of_a_project_has_a_server_on_a_port_of_their_own(
    whole: Checkout, told: dict[str, Any]
) -> None:
    seen, target = told["seen"], whole.target(STAGE)
    assert "admin" not in seen["roles"]
    assert "member" in seen["roles"]
    assert {urlsplit(url).hostname for url in seen["endpoints"].values()} == {target["vip"]}
    assert seen["downloaded"] == seen["uploaded"]
    assert seen["status"] == "ACTIVE"
    assert seen["addresses"] == seen["port"]["addresses"] != []


def test_the_port_is_bound_on_a_compute_host_and_free_when_the_server_is_gone(
    whole: Checkout, told: dict[str, Any]
) -> None:
    port = told["seen"]["port"]
    assert port["of_the_server"]
    assert port["vif_type"] == "ovs"
    computes = {host["name"] for host in whole.target(STAGE)["hosts"] if "nova-compute" in host["components"]}
    assert port["host"] in computes
    assert told["seen"]["port_after"] == {"device": "", "vif_type": "unbound"}


def test_all_that_was_made_is_deleted_again_and_seen_gone(told: dict[str, Any]) -> None:
    of_the_user = ["server", "port", "subnet", "network", "image"]
    assert told["gone"] == [*of_the_user, "flavor", "user", "project"]
