import configparser
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from suites.api import configuration
from suites.api.accounts import Account, Kind, administrator, from_yaml, needed, to_yaml
from suites.harness.target import Target


@pytest.fixture
def accounts() -> tuple[Account, ...]:
    numbers = count(1)
    return needed(2, lambda: f"word-{next(numbers)}")


@pytest.fixture
def target(target_document: dict[str, Any]) -> Target:
    return TypeAdapter(Target).validate_python(target_document)


def parsed(target: Target, accounts: tuple[Account, ...]) -> configparser.ConfigParser:
    options = configuration.options(
        target, "RegionOne", administrator(accounts), Path("/g/accounts.yaml"), Path("/g")
    )
    parser = configparser.ConfigParser(interpolation=None, default_section="none")
    parser.read_string(configuration.render(options))
    return parser


def test_each_worker_has_what_a_class_may_take_at_once(accounts: tuple[Account, ...]) -> None:
    kinds = [account.kind for account in accounts]
    assert [kinds.count(kind) for kind in (Kind.MEMBER, Kind.ADMIN, Kind.SYSTEM_READER)] == [4, 2, 2]
    assert len({account.user for account in accounts}) == len(accounts)
    assert len({account.password for account in accounts}) == len(accounts)


def test_names_are_the_same_each_time_and_passwords_are_not(accounts: tuple[Account, ...]) -> None:
    again = needed(2, lambda: "another")
    assert [account.user for account in again] == [account.user for account in accounts]
    assert not {account.password for account in again} & {account.password for account in accounts}


def test_accounts_are_read_back_as_they_were_written(accounts: tuple[Account, ...]) -> None:
    assert from_yaml(to_yaml(accounts)) == accounts


def test_accounts_yaml_says_scope_and_role_as_tempest_looks_for_them(accounts: tuple[Account, ...]) -> None:
    entries = {entry["username"]: entry for entry in yaml.safe_load(to_yaml(accounts))}
    member = entries["stagegate-api-member-1"]
    assert (member["project_name"], member["roles"]) == ("stagegate-api-member-1", ["member"])
    reader = entries["stagegate-api-system-reader-2"]
    assert (reader["system"], reader["roles"]) == ("all", ["reader"])
    assert "project_name" not in reader


def test_an_account_does_not_show_its_password(accounts: tuple[Account, ...]) -> None:
    assert "word" not in repr(accounts)


def test_every_service_that_the_target_lacks_is_declared_absent(
    target: Target, accounts: tuple[Account, ...]
) -> None:
    said = dict(parsed(target, accounts)["service_available"])
    assert said == dict.fromkeys(("cinder", "glance", "horizon", "neutron", "nova", "swift"), "false")


def test_a_service_that_the_target_has_is_declared_present(
    target_document: dict[str, Any], accounts: tuple[Account, ...]
) -> None:
    endpoints = {**target_document["endpoints"], "image": "http://10.71.3.5:9292"}
    target = TypeAdapter(Target).validate_python(target_document | {"endpoints": endpoints})
    assert parsed(target, accounts)["service_available"]["glance"] == "true"


def test_every_service_that_tempest_takes_for_there_is_decided() -> None:
    # In a process of its own: importing tempest registers options for all of it, and warns.
    script = "from tempest import config; print(*(option.name for option in config.ServiceAvailableGroup))"
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == set(configuration.SERVICES)


def test_the_endpoint_is_the_one_of_the_target_and_the_accounts_are_given(
    target: Target, accounts: tuple[Account, ...]
) -> None:
    said = parsed(target, accounts)
    assert said["identity"]["uri_v3"] == "http://10.71.3.5:5000/v3"
    assert said["auth"]["use_dynamic_credentials"] == "false"
    assert said["auth"]["test_accounts_file"] == "/g/accounts.yaml"
    assert said["auth"]["admin_password"] == administrator(accounts).password


@pytest.mark.parametrize("value", ["$ref", "two\nlines", " padded"])
def test_a_value_that_would_be_read_back_otherwise_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"auth\.admin_password") as refused:
        configuration.render({"auth": {"admin_password": value}})
    assert value not in str(refused.value)
