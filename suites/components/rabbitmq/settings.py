"""The settings that a running broker has, and the accounts, permissions and policies of its cluster."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from suites.components.rabbitmq import broker
from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.seam.declared import Settings

# RabbitMQ's own: whoever has them set by hand needs them declared.
ASK = """
Text = fun (X) when is_atom(X) -> atom_to_binary(X); (X) when is_binary(X) -> X;
  (X) -> iolist_to_binary(io_lib:format("~0p", [X])) end,
Env = fun (App, Key) -> Text(application:get_env(App, Key, unset)) end,
Named = fun (P) -> iolist_to_binary([Text(proplists:get_value(name, P)), " on ",
  Text(proplists:get_value(vhost, P, <<"all">>))]) end,
io:format("~s", [rabbit_json:encode(#{
  settings => #{
    cluster_name => rabbit_nodes:cluster_name(),
    cluster_partition_handling => Env(rabbit, cluster_partition_handling),
    'vm_memory_high_watermark.absolute' => Text(vm_memory_monitor:get_vm_memory_high_watermark()),
    'disk_free_limit.absolute' => Text(rabbit_disk_monitor:get_disk_free_limit()),
    'raft.wal_max_size_bytes' => Env(ra, wal_max_size_bytes),
    collect_statistics => Env(rabbit, collect_statistics),
    'listeners.tcp.1' => Env(rabbit, tcp_listeners),
    net_ticktime => Text(net_kernel:get_net_ticktime()),
    schedulers => Text(erlang:system_info(schedulers_online)),
    heartbeat => Env(rabbit, heartbeat),
    channel_max => Env(rabbit, channel_max),
    consumer_timeout => Env(rabbit, consumer_timeout)
  },
  users => [#{name => proplists:get_value(user, U), tags => [Text(T) || T <- proplists:get_value(tags, U)]}
    || U <- rabbit_auth_backend_internal:list_users()],
  vhosts => rabbit_vhost:list_names(),
  permissions => [maps:from_list([{K, V} || {K, V} <- P, is_binary(V)])
    || P <- rabbit_auth_backend_internal:list_permissions()],
  policies => [Named(P) || P <- rabbit_policy:list()],
  operator_policies => [Named(P) || P <- rabbit_policy:list_op()],
  parameters => [Named(P) || P <- rabbit_runtime_parameters:list()],
  user_limits => [Text(P) || P <- rabbit_auth_backend_internal:get_user_limits()]
})]).
"""
THERE = "there"
SIZE = re.compile(r"(\d+)(|[kMG]i?B)")
WATERMARK = re.compile(r'\{absolute,"?([^"}]+)"?\}')
LISTENER = re.compile(r'\[\{"([^"]+)",(\d+)\}\]')


def parse(text: str) -> Settings:
    """Parse the settings from what ASK prints. Raises ReadingFailed."""
    try:
        told = TypeAdapter(Mapping[str, Any]).validate_python(json.loads(broker.printed(text)))
        settings: dict[str, str] = {name: str(value) for name, value in told["settings"].items()}
        users = {one["name"]: f"tags: {' '.join(one['tags']) or 'none'}" for one in told["users"]}
        permissions = {f"{one['user']} on {one['vhost']}": _may(one) for one in told["permissions"]}
        listed = {
            kind: dict.fromkeys(told[key], THERE)
            for kind, key in (
                ("virtual host", "vhosts"),
                ("policy", "policies"),
                ("operator policy", "operator_policies"),
                ("parameter", "parameters"),
                ("user limit", "user_limits"),
            )
        }
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise ReadingFailed("the settings of the broker can't be parsed", why=str(error)) from None
    for name, pattern, form in (
        ("vm_memory_high_watermark.absolute", WATERMARK, "{}"),
        ("listeners.tcp.1", LISTENER, "{}:{}"),
    ):
        if found := pattern.fullmatch(settings[name]):
            settings[name] = form.format(*found.groups())
    return {"setting": settings, "user": users, "permission": permissions, **listed}


def _may(permission: Mapping[str, str]) -> str:
    return " ".join(f"{what} {permission[what]}" for what in ("configure", "write", "read"))


def same(declared: str, effective: str) -> bool:
    """Say whether a value of the configuration and a reported one are the same text or size."""
    return declared == effective or _bytes(declared) == _bytes(effective) is not None


def _bytes(text: str) -> int | None:
    found = SIZE.fullmatch(text)
    if found is None:
        return None
    factor: int = (1024 if "i" in found[2] else 1000) ** " kMG".index(found[2][:1] or " ")
    return int(found[1]) * factor


REPORTS = Reports(
    script=lambda host: broker.erl_call(host, ASK),
    parse=parse,
    shows={
        "setting": "rabbitmqctl environment",
        "user": "rabbitmqctl list_users",
        "virtual host": "rabbitmqctl list_vhosts",
        "permission": "rabbitmqctl list_permissions",
        "policy": "rabbitmqctl list_policies",
        "operator policy": "rabbitmqctl list_operator_policies",
        "parameter": "rabbitmqctl list_parameters",
        "user limit": "rabbitmqctl list_user_limits",
    },
    whole=("user", "virtual host", "permission", "policy", "operator policy", "parameter", "user limit"),
    same=same,
)
