"""A stage's file is written from what machines say, or every problem of all of them is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import small_shape
import yaml
from child import python
from machines_stand_in import Racked, key, report

from stages.config import read
from stages.config.stage_file import listed, stage_text, with_stage
from stages.design.inventory import Inventory, Machine

VIP = "192.0.2.5"


@pytest.fixture
def config(config: Path) -> Path:
    small_shape.cut(config)
    return config


@pytest.fixture
def rack(programs: Path) -> Racked:
    return Racked.made_in(programs)


@pytest.fixture
def request_(config: Path, tmp_path: Path) -> dict[str, Any]:
    """For a stage with the hosts that dev has, in the order of roles."""
    (tmp_path / "root_key").touch()
    counts = read(config).stage("dev").roles
    places: dict[str, list[list[object]]] = {}
    for role, count in counts.items():
        taken = sum(map(len, places.values()))
        places[role] = [[f"192.0.2.{10 + taken + number}", 22] for number in range(count)]
    return {
        "protocol": 1,
        "site": str(tmp_path / "site"),
        "config": str(config),
        "stage": "rack",
        "vip": VIP,
        "key": str(tmp_path / "root_key"),
        "namespace": None,
        "addresses": places,
    }


def addresses(request: dict[str, Any]) -> list[str]:
    return [address for there in request["addresses"].values() for address, _ in there]


def sound(request: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        address: {"key": key(number), "report": report(address)}
        for number, address in enumerate(addresses(request))
    }


def ask(request: dict[str, Any]) -> dict[str, Any]:
    done = python("-m", "stages", "init-inventory", text=json.dumps(request))
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_the_file_is_written_with_pinned_keys_and_check_takes_it(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    rack.are(sound(request_))
    result = ask(request_)
    assert [one["problems"] for one in result["machines"]] == [[]] * len(addresses(request_))
    assert (result["written"], result["listed"], result["problems"]) == (True, False, [])
    assert all(one["fingerprint"].startswith("SHA256:") for one in result["machines"])
    site_file = config / "stagegate.yaml"
    site_file.write_text(with_stage(site_file.read_text(), "rack"))
    inventory = read(config).stage("rack").inventory
    assert inventory is not None
    for number, (role, there) in enumerate(request_["addresses"].items()):
        name = next(
            name
            for name in inventory.machines
            if name.startswith(role) and name[len(role) + 1 :] in {"1", "blue-1"}
        )
        assert inventory.machines[name] == Machine(there[0][0], key(number), 22, "ens3"), name
    assert len(rack.asked()) == len(inventory.machines)
    assert not Path(request_["site"]).exists(), "asking made a site"
    assert not list((config / "stages").glob(".*"))


def test_all_problems_of_all_machines_are_told_and_nothing_is_written(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    machines = sound(request_)
    first, second, third, *_ = addresses(request_)
    del machines[first]["key"]
    machines[second] = {"key": key(1), "refuses": "root@it: Permission denied (publickey)."}
    machines[third]["report"] = report(third, owner="77ab01/prod", memory_kb="1")
    rack.are(machines)
    before = {path: path.read_bytes() for path in config.rglob("*") if path.is_file()}
    result = ask({**request_, "addresses": {**request_["addresses"], "databse": [["192.0.2.99", 22]]}})
    assert not result["written"]
    told = {one["host"]: [problem["what"] for problem in one["problems"]] for one in result["machines"]}
    lacking = {name: whats for name, whats in told.items() if whats}
    assert list(lacking.values()) == [
        ["no sshd answers"],
        ["root can't log in by ssh"],
        ["it is a host of 77ab01/prod already", "it has 0 MB of memory"],
    ]
    assert [one["what"] for one in result["problems"]] == ["unknown role 'databse'"]
    why = next(one for one in result["machines"] if one["address"] == second)["problems"][0]
    assert why["why"] == "root@it: Permission denied (publickey)."
    assert why["next"] == f"ssh -i {request_['key']} -p 22 root@{second}"
    assert {path: path.read_bytes() for path in config.rglob("*") if path.is_file()} == before


def test_a_user_who_becomes_root_is_in_the_file_and_what_sudo_refuses_is_told(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    machines = sound(request_)
    first, *_ = addresses(request_)
    machines[first] |= {"refuses": "Connection closed", "sudo": "sudo: a password is required"}
    rack.are(machines)
    (asked, *_) = ask({**request_, "user": "debian"})["machines"]
    assert [(one["what"], one["why"]) for one in asked["problems"]] == [
        ("root can't log in by ssh", "the user logs in, and sudo refuses: sudo: a password is required")
    ]
    assert asked["problems"][0]["next"].endswith(f" debian@{first}")
    rack.are(sound(request_))
    assert ask({**request_, "user": "debian"})["written"]
    assert yaml.safe_load((config / "stages/rack.yaml").read_text())["inventory"]["user"] == "debian"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"stage": "../dev"}, "'../dev' is no name of a stage"),
        ({"stage": "dev"}, "this file exists already"),
        ({"key": "/nowhere/key"}, "there is no such file"),
        ({"namespace": "/nowhere/rack"}, "there is no such file"),
        ({"vip": "vip.example.org"}, "'vip.example.org' is no IPv4 address"),
    ],
)
def test_what_is_wrong_with_the_command_is_told_before_a_machine_is_asked(
    request_: dict[str, Any], rack: Racked, changed: dict[str, str], what: str
) -> None:
    rack.are(sound(request_))
    result = ask({**request_, **changed})
    assert [one["what"] for one in result["problems"]] == [what]
    assert not result["written"]
    assert (result["machines"], rack.asked()) == ([], [])


def test_a_file_that_check_would_refuse_is_not_written(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    rack.are(sound(request_))
    result = ask({**request_, "vip": addresses(request_)[0]})
    whats = [one["what"] for one in result["problems"]]
    assert f"the address {addresses(request_)[0]} is given more than once" in whats
    assert not (config / "stages/rack.yaml").exists()


def test_problems_of_other_files_are_an_error_of_their_own(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    rack.are(sound(request_))
    file = config / "stages/prod.yaml"
    file.write_text(file.read_text().replace("substrate: lab", "substrate: cloud"))
    result = ask(request_)
    assert not result["ok"]
    assert f"{file}:" in result["error"]["why"]


def test_a_stage_that_is_listed_and_has_lost_its_file_gets_a_new_one(
    request_: dict[str, Any], config: Path, rack: Racked
) -> None:
    rack.are(sound(request_))
    (config / "stages/dev.yaml").unlink()
    result = ask({**request_, "stage": "dev"})
    assert (result["written"], result["listed"]) == (True, True)
    inventory = read(config).stage("dev").inventory
    assert inventory is not None
    assert inventory.vip == VIP


def test_a_stage_is_added_to_the_list_whatever_its_layout() -> None:
    assert with_stage("stages: # in order\n  - dev\n  - prod # last\n", "rack") == (
        "stages: # in order\n  - dev\n  - prod\n  - rack # last\n"
    )
    assert with_stage("stages: [dev, prod]\n", "rack") == "stages: [dev, prod, rack]\n"
    for unchanged in ("stages: [dev, rack]\n", "stages: []\n", "openstack: x\n", "stages: [\n", ""):
        assert with_stage(unchanged, "rack") == unchanged
    assert listed("stages: [dev, prod]") == ("dev", "prod")


def test_the_text_says_again_what_it_was_made_of() -> None:
    machine = Machine("192.0.2.24", key(1), 2222, "0")
    inventory = Inventory(VIP, "/a b #c", {"database-1": machine}, "/run/netns/rack")
    data = yaml.safe_load(stage_text({"database": 1}, inventory, {"database-1": "SHA256:x"}))
    assert (data["substrate"], data["roles"], data["gates"]) == ("inventory", {"database": 1}, ["smoke"])
    assert data["inventory"] == {
        "vip": VIP,
        "key": "/a b #c",
        "namespace": "/run/netns/rack",
        "hosts": {
            "database-1": {"address": "192.0.2.24", "port": 2222, "interface": "0", "host_key": key(1)}
        },
    }
