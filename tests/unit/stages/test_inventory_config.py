"""A stage's file says which machine is which host; whatever is wrong with it is said at once."""

import shutil
from pathlib import Path

import pytest
from config_sample import SHIPPED, replace, told
from inventory_sample import HOST_KEY, on_machines

from stages.config import read

FILE = "stages/dev.yaml"


def numbered(name: str) -> str:
    return f"10.0.0.{10 + len(name)}"


@pytest.fixture
def listed(config: Path) -> Path:
    on_machines(config, numbered, "10.0.0.5")
    return config


def test_a_sound_inventory_is_read_with_the_usual_port_and_interface(listed: Path) -> None:
    inventory = read(listed).stage("dev").inventory
    assert inventory is not None
    assert (inventory.vip, inventory.key, inventory.namespace) == (
        "10.0.0.5",
        "/etc/stagegate/root_key",
        None,
    )
    one = inventory.machines["database-1"]
    assert (one.address, one.host_key, one.port, one.interface) == ("10.0.0.20", HOST_KEY, 22, "eth0")


def test_all_that_is_wrong_is_said_at_once_and_where(listed: Path) -> None:
    text = (listed / FILE).read_text()
    for old, new in (
        ("vip: 10.0.0.5", "vip: 10.0.0.20"),
        ("key: /etc/stagegate/root_key", "key: root_key"),
        ("    identity-blue-1:", "    identity-1:"),
        ("address: 10.0.0.24", "address: 10.0.0.256"),
    ):
        assert old in text
        text = text.replace(old, new)
    (listed / FILE).write_text(text)
    messages = [line.split(": ", 1)[1] for line in told(listed)]
    for part in (
        "the address 10.0.0.20 is given more than once",
        "key: must be an absolute path",
        "identity-blue-1 has no machine",
        "the stage has no host 'identity-1' (did you mean 'identity-blue-1'?)",
        "address: '10.0.0.256' is no IPv4 address",
    ):
        assert any(part in message for message in messages), (part, messages)
    assert all(line.startswith(f"{FILE}:") for line in told(listed))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f"host_key: {HOST_KEY}", "host_key: 'AAAA'", "the type and the text of a public host key"),
        ("  vip: 10.0.0.5\n", "", "the key 'vip' is missing"),
        ("  vip: 10.0.0.5\n", "  vip: 10.0.0.5\n  users: debian\n", "unknown key 'users'"),
        ("  vip: 10.0.0.5\n", "  vip: 10.0.0.5\n  user: -oProxyCommand\n", "user: "),
    ],
)
def test_what_is_no_machine_is_refused(listed: Path, old: str, new: str, message: str) -> None:
    text = (listed / FILE).read_text()
    assert old in text
    (listed / FILE).write_text(text.replace(old, new))
    assert any(message in line for line in told(listed))


def test_a_stage_on_machines_must_list_them_and_one_in_the_lab_must_not(listed: Path) -> None:
    replace(listed, FILE, "substrate: inventory", "substrate: lab")
    assert any("only a stage with 'substrate: inventory' has machines" in line for line in told(listed))
    shutil.copy(SHIPPED / FILE, listed / FILE)
    replace(listed, FILE, "substrate: lab", "substrate: inventory")
    assert any("the key 'inventory' is missing" in line for line in told(listed))
