"""HAProxy, which distributes clients of the VIP to the hosts that serve them."""

import re
from functools import partial

from suites.components.haproxy import pools, settings
from suites.faults.fault import freeze
from suites.faults.fault_case import FaultCase, Scene
from suites.harness.component import Component, Ignored
from suites.hosts.reading import running
from suites.probes.spec import Kind
from suites.seam.target import Target

VIP = (Kind.HTTP, Kind.SQL)
UNITS = ("haproxy.service", "haproxy-old-workers.service")
DATABASE = "database"
# By backend, the component that it distributes clients to.
SERVED_BY = {
    DATABASE: "galera",
    "identity": "keystone",
    "image": "glance",
    "placement": "placement",
    "compute": "nova-api",
    "metadata": "nova-api",
    "network": "neutron",
    "volume": "cinder",
}
BEHIND = frozenset(SERVED_BY.values())
STDERR = r"(?:\[\w+\] +\(\d+\) : )?"  # the prefix of lines that also go to stderr
# HAProxy calls a pool with a listener a proxy, and the second colour's, to which that one sends, a backend.
EMPTY = re.compile(rf"{STDERR}(?:proxy|backend) '?(?P<pool>[^' ]+)'? has no server available!")


def answers_nobody(line: re.Match[str], target: Target) -> bool:
    """Say whether the pool of such a line is of a colour that answers no client of the stage."""
    return line["pool"] in pools.answering_nobody(target, SERVED_BY)


COMPONENT = Component(
    name="haproxy",
    healthy=lambda _: (running(UNITS, url="http://127.0.0.1:8404/alive"),),
    units=UNITS,
    of_use=lambda use: pools.all_up(use.host, use.target, SERVED_BY),
    reports=settings.REPORTS,
    packages=("haproxy",),
    errors=(r"^\[(ALERT|EMERG)\]",),
    ignored=(
        Ignored(
            re.compile(rf"{STDERR}(Backup )?Server \S+ is DOWN, .*"),
            "a host may go, that is what the others are for: every_server_is_up says how it stands now, and"
            " the line below that none was left",
            most=500,  # a roll of all hosts is some twenty lines a process
        ),
        Ignored(
            EMPTY,
            "the load balancers of a new stage stand before the hosts behind them",
            most=200,  # one a service and process, each time that HAProxy starts
            while_deploying=True,
        ),
        Ignored(
            EMPTY,
            "a colour that answers nobody may have one host for a service, which is changed, or fails",
            most=200,
            sometimes=True,
            only=answers_nobody,
        ),
        Ignored(
            re.compile(r"\[ALERT\] +\(\d+\) : Current worker \(\d+\) exited with code 143 \(Terminated\)"),
            "its service was stopped or restarted, as for a changed unit; one that dies has another code",
            most=50,  # one a restart
            sometimes=True,
        ),
    ),
    faults=(FaultCase("frozen_on_holder", partial(freeze, unit=UNITS[0]), Scene.holding, VIP),),
    settled=lambda _, target: (pools.all_are_up(target, SERVED_BY),),
    used_with=BEHIND,
    looks_at={
        "every_server_is_up": BEHIND,
        "servers_are_the_hosts": BEHIND,
        "servers_stay_up": BEHIND,
        "writer_is_agreed": frozenset({"galera"}),
        # It logs which of them went, and came back.
        "journal": BEHIND,
        "journal_patterns_used": BEHIND,
    },
    answers_for=frozenset({"servers_are_the_hosts", "writer_is_agreed"}),
    crosses={"own_pools_stayed_up": BEHIND},
    tells=(r"Server \S+ is (UP|DOWN)\b",),
)
