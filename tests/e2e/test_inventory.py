"""A stage on machines that somebody else made: from Debian and sshd to verified, and off again."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import yaml
from checkout import Checkout, wait_until
from machines import Machines, run

pytestmark = [pytest.mark.prove, pytest.mark.usefixtures("holder_of_the_image")]

NAMES = ("loadbalancer-1", "database-1", "identity-blue-1")
# What Debian's packages leave behind when they are purged is theirs; what is here is ours.
OURS = (
    "ls -d /opt/openstack /usr/share/stagegate /etc/stagegate /var/lib/stagegate /usr/local/lib/stagegate"
    " /var/lib/mysql /etc/haproxy /etc/keystone 2>/dev/null; grep -c stagegate /etc/hosts;"
    " grep -E '^(mysql|keystone|haproxy):' /etc/passwd; hostname; ls /etc/systemd/system; true"
)
PACKAGES = "dpkg-query -W -f '${Package} ${Version}\\n'"


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with closing(Machines("inventory", NAMES).made()) as made:
        yield made


@pytest.fixture(scope="module")
def on_machines(machines: Machines) -> Iterator[Checkout]:
    """A clone whose dev is small, and on the machines."""
    with closing(Checkout("inventory").fresh().small().with_smoke_alone()) as checkout:
        checkout.edit("config/stages/dev.yaml", "substrate: lab", "substrate: inventory")
        file = checkout.path / "config/stages/dev.yaml"
        file.write_text(f"{file.read_text()}\n{machines.inventory()}")
        checkout.commit("Dev is on machines")
        yield checkout


def test_machines_say_themselves_what_the_stage_s_file_must_have(
    machines: Machines, on_machines: Checkout
) -> None:
    places = zip(("loadbalancer", "database", "identity"), NAMES, strict=True)
    words = [f"{role}={machines.address(name)}" for role, name in places]
    way = ("--vip", machines.vip, "--key", str(machines.key), "--namespace", machines.namespace)
    made = on_machines.promote("init", "inventory", "--stage", "rack", *way, *words, "-o", "json", expect=0)
    assert [one["problems"] for one in made.document["machines"]] == [[], [], []]

    file = on_machines.path / "config/stages/rack.yaml"
    found = yaml.safe_load(file.read_text())["inventory"]
    file.unlink()
    by_hand = yaml.safe_load((on_machines.path / "config/stages/dev.yaml").read_text())["inventory"]
    for machine in by_hand["hosts"].values():
        machine["interface"] = "eth0"
    assert found == by_hand

    machines.inside("database-1", "echo squatter:x:760:760::/:/bin/false >>/etc/passwd")
    asked = on_machines.promote("doctor", "--stage", "dev", "-o", "json")
    machines.inside("database-1", "sed -i /squatter/d /etc/passwd")
    lacking = {row["host"]: [one["why"] for one in row["problems"]] for row in asked.document["hosts"]}
    assert lacking == {name: [] for name in NAMES} | {
        "database-1": ["760, of mysql, belongs to the account squatter"]
    }
    for name in NAMES:
        assert machines.inside(name, "ls -A /var/lib/stagegate /etc/stagegate 2>/dev/null; true") == "", name


def state(checkout: Checkout, name: str) -> str:
    """What `lab status` says of a host."""
    hosts = checkout.promote("lab", "status", "-o", "json", expect=0).document["hosts"]
    return {host["host"]: str(host["state"]) for host in hosts}[name]


def cut_off_one(machines: Machines, on_machines: Checkout) -> None:
    """As the failover gate does it: to others it is lost, and then it is there again and serves."""
    name, unit = "identity-blue-1", "keystone.service"
    (host,) = [one for one in on_machines.target("dev")["hosts"] if one["name"] == name]
    assert run(*host["reached"]).strip() == "reachable"
    for argv in (*host["link_down"], *host["power_off"]):
        run(*argv)
    wait_until(lambda: run(*host["reached"]).startswith("unreachable: "), 30, "others miss it")
    assert machines.inside(name, f"systemctl is-active {unit} || :").strip() != "active"
    for argv in (*host["power_on"], *host["link_up"]):
        run(*argv)
    assert run(*host["reached"]).strip() == "reachable"
    assert "stagegate" not in machines.inside(name, "nft list tables")
    wait_until(
        lambda: machines.inside(name, f"systemctl is-active {unit} || :").strip() == "active", 60, unit
    )


def lose_one(machines: Machines, on_machines: Checkout) -> None:
    """A machine that can't be asked may serve: it is not replaced, and not forgotten. Then it comes back."""
    machines.cut("identity-blue-1")
    plan = on_machines.promote("plan", "--stage", "dev", "-o", "json").document
    assert plan["steps"] == []
    assert "identity-blue-1 gives no answer" in "".join(plan["refusals"])
    assert state(on_machines, "identity-blue-1") == "silent"
    down = on_machines.promote("lab", "down", "--stage", "dev")
    assert down.code != 0
    assert "identity-blue-1" in down.err, "it would keep what it has"
    machines.switch_on("identity-blue-1")
    end = time.monotonic() + 120  # its services boot beside sshd, and ssh waits 5 s for an answer
    while state(on_machines, "identity-blue-1") == "silent":
        assert time.monotonic() < end, "it did not come back"


def test_a_stage_is_promoted_on_machines_that_have_nothing_but_debian_and_sshd(
    machines: Machines, on_machines: Checkout
) -> None:
    before = {name: (machines.inside(name, OURS), machines.inside(name, PACKAGES)) for name in NAMES}
    assert "python3" not in before["database-1"][1]

    machines.inside("database-1", "echo squatter:x:760:760::/:/bin/false >>/etc/passwd")
    refused = on_machines.promote("--stage", "dev")
    assert refused.code != 0
    assert "the number 760 of the account mysql belongs to squatter" in refused.err
    assert machines.inside("database-1", "ls -A /var/lib/stagegate /etc/stagegate 2>/dev/null; true") == ""
    machines.inside("database-1", "sed -i /squatter/d /etc/passwd")

    on_machines.promote("--stage", "dev", expect=0)

    assert on_machines.promote("plan", "--stage", "dev", "-o", "json").document["steps"] == []
    assert "expires" in on_machines.openstack("dev", "token", "issue").out
    hosts = on_machines.promote("lab", "status", "-o", "json", expect=0).document["hosts"]
    assert {host["host"]: host["address"] for host in hosts} == {
        name: machines.address(name) for name in NAMES
    }

    # As after a release with another image: the machine gets that one's software, and its data stay.
    # The base is another's, too: a database uses nothing else of an image.
    other = "sed -Ei 's/^(image|base)=.*/\\1=sha256:another/' /var/lib/stagegate/host"
    machines.inside("database-1", other)
    planned = on_machines.promote("plan", "--stage", "dev", "-o", "json").document["steps"]
    assert "host/database-1" in [step["id"] for step in planned]
    on_machines.promote("--stage", "dev", expect=0)

    cut_off_one(machines, on_machines)
    lose_one(machines, on_machines)

    on_machines.promote("lab", "down", "--stage", "dev", expect=0)

    for name, (ours, packages) in before.items():
        assert machines.inside(name, PACKAGES) == packages, name
        assert machines.inside(name, OURS) == ours, name
