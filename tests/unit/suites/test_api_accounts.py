import configparser
import json
import sys
from itertools import count
from pathlib import Path

import pytest
import yaml
from programs import ended

from suites.api import configuration
from suites.api.accounts import Kind, administrator, from_yaml, needed, to_yaml
from suites.api.material import Material
from suites.seam.target import Target

NOTHING = Material()
READY = Material(flavors=("small", "large"), images=("one", "other"))
NUMBERS = count(1)
ACCOUNTS = needed(2, lambda: f"word-{next(NUMBERS)}")


def parsed(target: Target, material: Material = NOTHING) -> configparser.ConfigParser:
    options = configuration.options(target, "RegionOne", administrator(ACCOUNTS), Path("/g"), material)
    parser = configparser.ConfigParser(interpolation=None, default_section="none")
    parser.read_string(configuration.render(options))
    return parser


def test_each_worker_has_the_accounts_that_a_class_may_use_at_once() -> None:
    kinds = [account.kind for account in ACCOUNTS]
    assert [kinds.count(kind) for kind in Kind] == [4, 2, 4, 2]
    assert len({account.user for account in ACCOUNTS}) == len(ACCOUNTS)
    assert len({account.password for account in ACCOUNTS}) == len(ACCOUNTS)


def test_names_are_the_same_each_time_and_passwords_are_not() -> None:
    again = needed(2, lambda: "another")
    assert [account.user for account in again] == [account.user for account in ACCOUNTS]
    assert not {account.password for account in again} & {account.password for account in ACCOUNTS}


def test_accounts_are_read_back_as_they_were_written() -> None:
    assert from_yaml(to_yaml(ACCOUNTS)) == ACCOUNTS


def test_accounts_yaml_says_scope_and_role_as_tempest_looks_for_them() -> None:
    entries = {entry["username"]: entry for entry in yaml.safe_load(to_yaml(ACCOUNTS))}
    member = entries["stagegate-api-member-1"]
    assert (member["project_name"], member["roles"]) == ("stagegate-api-member-1", ["member"])
    reader = entries["stagegate-api-system-reader-2"]
    assert (reader["system"], reader["roles"]) == ("all", ["reader"])
    assert "project_name" not in reader


def test_every_members_project_has_a_reader_of_its_own() -> None:
    members = [account.project for account in ACCOUNTS if account.kind is Kind.MEMBER]
    readers = [account.project for account in ACCOUNTS if account.kind is Kind.READER]
    assert sorted(filter(None, readers)) == sorted(filter(None, members))


def test_anybody_else_is_a_member_as_long_as_there_is_one() -> None:
    # Tempest takes the first that is free and no administrator, in the order of the file.
    listed = [account.kind for account in ACCOUNTS if account.kind is not Kind.ADMIN]
    assert listed[:4] == [Kind.MEMBER] * 4


def test_every_account_of_a_project_is_given_the_network_of_its_name() -> None:
    for entry in yaml.safe_load(to_yaml(ACCOUNTS, with_networks=True)):
        assert entry.get("resources", {}).get("network") == entry.get("project_name")
    assert "resources" not in to_yaml(ACCOUNTS)
    assert from_yaml(to_yaml(ACCOUNTS, with_networks=True)) == ACCOUNTS


def test_an_account_does_not_show_its_password() -> None:
    assert "word" not in repr(ACCOUNTS)


def test_a_service_is_declared_present_when_the_target_has_it_and_else_absent(
    target: Target, whole_target: Target
) -> None:
    absent = dict.fromkeys(("cinder", "glance", "horizon", "neutron", "nova", "swift"), "false")
    assert dict(parsed(target)["service_available"]) == absent
    present = dict.fromkeys(("glance", "neutron", "nova"), "true")
    assert dict(parsed(whole_target)["service_available"]) == absent | present


def test_what_lies_ready_is_named_and_what_does_not_is_not(whole_target: Target) -> None:
    said = dict(parsed(whole_target, READY)["compute"])
    del said["build_timeout"]
    assert said == {
        "flavor_ref": "small", "flavor_ref_alt": "large", "image_ref": "one", "image_ref_alt": "other"
    }  # fmt: skip
    assert not [name for name in parsed(whole_target)["compute"] if name.endswith(("ref", "alt"))]


READ_BY_TEMPEST = """
import json
from tempest import config
conf = config.CONF
print(json.dumps({
    "image": conf.compute.image_ref, "alt": conf.compute.flavor_ref_alt,
    "within": [conf.compute.build_timeout, conf.image.build_timeout, conf.network.build_timeout],
    "as a reader": [conf.enforce_scope.nova, conf.enforce_scope.neutron, conf.enforce_scope.glance],
    "log in": conf.validation.run_validation,
    "routers": "router" in conf.network_feature_enabled.api_extensions,
    "outside": conf.network.public_network_id,
    "services": sorted(option.name for option in config.ServiceAvailableGroup),
}))
"""


def test_tempest_itself_reads_what_was_written_and_each_of_its_services_is_decided(
    whole_target: Target, tmp_path: Path
) -> None:
    options = configuration.options(whole_target, "RegionOne", administrator(ACCOUNTS), tmp_path, READY)
    (tmp_path / "tempest.conf").write_text(configuration.render(options))
    # In a process of its own: importing tempest registers options for all of it, and warns.
    written = {"TEMPEST_CONFIG_DIR": str(tmp_path), "TEMPEST_CONFIG": "tempest.conf"}
    done = ended(sys.executable, "-c", READ_BY_TEMPEST, env=written, check=True)
    within = configuration.BECOMING_WITHIN
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "image": "one",
        "alt": "large",
        "within": [within, within, within],
        "as a reader": [True, True, True],
        "log in": False,
        "routers": True,
        "outside": "",
        "services": sorted(configuration.SERVICES),
    }


def test_the_endpoint_is_the_one_of_the_target_and_the_accounts_are_given(target: Target) -> None:
    said = parsed(target)
    assert said["identity"]["uri_v3"] == "http://10.71.3.5:5000/v3"
    assert said["auth"]["use_dynamic_credentials"] == "false"
    assert said["auth"]["test_accounts_file"] == "/g/accounts.yaml"
    assert said["auth"]["admin_password"] == administrator(ACCOUNTS).password


@pytest.mark.parametrize("value", ["$ref", "two\nlines", " padded"])
def test_a_value_that_would_be_read_back_otherwise_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"auth\.admin_password") as refused:
        configuration.render({"auth": {"admin_password": value}})
    assert value not in str(refused.value)
