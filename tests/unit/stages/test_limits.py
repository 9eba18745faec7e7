"""No service waits for ever: what its configuration says of its sockets, on every host of a whole stage."""

import configparser
import re
from collections.abc import Iterator

import pytest
from stage_sample import blueprint, content, drafted, formed, manifest

from stages.openstack.limits import Limits

STAGE = "whole-prod"
SETTINGS = drafted(STAGE).config.stage("prod").settings
COLOURED = ("identity", "image", "compute-api", "network-api", "volume-api")
HOSTS = (*(f"{role}-blue-1" for role in COLOURED), "compute-1")
DATABASE = "connect_timeout=5&read_timeout=55&write_timeout=55"


def configurations() -> Iterator[tuple[str, str, configparser.ConfigParser]]:
    """Each configuration of an OpenStack service: its host, its path, what it says."""
    for host in HOSTS:
        for file in manifest(STAGE, host).files:
            if re.fullmatch(r"/etc/[a-z]+/[a-z-]+\.conf", file.path) and "[" in file.content:
                said = configparser.ConfigParser(interpolation=None, strict=True)
                said.read_string(file.content)
                yield host, file.path, said


def sections(option: str) -> list[tuple[str, str, configparser.SectionProxy]]:
    """The sections that have an option: host, section, what it says."""
    return [
        (host, name, said[name])
        for host, _, said in configurations()
        for name in said.sections()
        if option in said[name]
    ]


def test_a_limit_is_a_little_longer_than_a_load_balancer_takes_to_answer() -> None:
    assert Limits(SETTINGS).api == 65  # 60 + 4 x 1 + 4 x 0.2 s, rounded up
    assert Limits(SETTINGS).api > SETTINGS["loadbalancer"].server_timeout > Limits(SETTINGS).rpc == 54


def test_every_connection_to_the_database_has_limits() -> None:
    found = sections("connection")
    assert len(found) == 7
    for host, name, said in found:
        assert said["connection_parameters"] == DATABASE, (host, name)


def test_every_request_to_another_api_has_a_limit() -> None:
    found = [(host, name, said) for host, name, said in sections("auth_url") if name != "keystone_authtoken"]
    assert {name for _, name, _ in found} == {
        "service_user",
        "placement",
        "glance",
        "neutron",
        "cinder",
        "nova",
    }
    for host, name, said in found:
        assert said["timeout"] == "65", (host, name)


def test_requests_that_are_made_as_the_user_have_the_same_limit() -> None:
    (nova,) = [said for _, name, said in sections("timeout") if name == "keystone"]
    (cinder,) = [said for _, path, said in configurations() if path == "/etc/cinder/cinder.conf"]
    assert nova["timeout"] == cinder["DEFAULT"]["glance_request_timeout"] == "65"


def test_the_validation_of_a_token_has_a_limit_within_that_of_its_request() -> None:
    found = [said for host, _, said in sections("www_authenticate_uri")]
    assert len(found) == 5
    for said in found:
        tries = 1 + int(said["http_request_max_retries"])
        assert tries * int(said["http_connect_timeout"]) < SETTINGS["loadbalancer"].server_timeout


def test_calls_over_the_bus_have_a_limit_and_the_bus_is_asked_for_life() -> None:
    buses = [said for _, _, said in configurations() if "oslo_messaging_rabbit" in said]
    assert len(buses) == 4
    for said in buses:
        assert said["DEFAULT"]["rpc_response_timeout"] == "54"
        assert said["oslo_messaging_rabbit"]["heartbeat_timeout_threshold"] == "10"
        assert said["oslo_messaging_rabbit"]["rabbit_transient_queues_ttl"] == "120"


def test_redis_and_its_sentinels_are_not_waited_for_either() -> None:
    (url,) = [said["backend_url"] for _, _, said in sections("backend_url")]
    assert url.endswith("&socket_connect_timeout=5&socket_timeout=5")


def test_a_schema_is_made_without_a_limit_whatever_its_section_is() -> None:
    found = {}
    for role in blueprint(STAGE).roles.values():
        if role.schemas:
            made = [one for one in formed(STAGE, role.name) if one.kind == "schema"]
            texts = [
                " ".join(command.run) for one in made for command in one.commands if hasattr(command, "run")
            ]
            for schema in role.schemas:
                (run,) = [text for text in texts if " ".join(schema.command) in text]
                found[schema.section] = f"OS_{schema.section.upper()}__CONNECTION_PARAMETERS= " in run
    assert found == dict.fromkeys(("database", "placement_database", "api_database"), True)


@pytest.mark.parametrize(
    ("host", "path", "line"),
    [
        ("image-blue-1", "/etc/glance/glance-api.conf", "image_size_cap = 10737418240"),
        ("image-blue-1", "/etc/glance/glance-api.conf", "image_cache_max_size = 1073741824"),
        ("identity-blue-1", "/etc/keystone/keystone.conf", "max_pool_size = 1"),
        ("identity-blue-1", "/etc/keystone/keystone.conf", "password_hash_rounds = 12"),
        ("volume-api-blue-1", "/etc/cinder/cinder.conf", "max_overflow = 10"),
        (
            "messaging-1",
            "/etc/rabbitmq/rabbitmq-env.conf",
            'SERVER_ADDITIONAL_ERL_ARGS="+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"',
        ),
    ],
)
def test_what_was_a_literal_says_what_it_said(host: str, path: str, line: str) -> None:
    assert line in content(STAGE, host, path).splitlines()


def test_only_prod_pays_for_slow_hashes() -> None:
    stages = drafted(STAGE).config.stages
    rounds = {stage.name: stage.settings["identity"].model_dump()["password_hash_rounds"] for stage in stages}
    assert rounds == {"dev": 4, "staging": 4, "prod": 12}


def test_load_balancers_hold_connections_as_long_as_the_config_says() -> None:
    text = content(STAGE, "loadbalancer-1", "/etc/haproxy/haproxy.cfg")
    told = re.findall(r"^ +timeout (client|server) (\S+)$", text, re.MULTILINE)
    assert told == [("client", "60000ms"), ("server", "60000ms"), ("client", "90m"), ("server", "90m")]
