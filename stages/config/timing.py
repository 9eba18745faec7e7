"""The time that a fault may cost a client, computed from the timers of a stage. Pure.

The arithmetic is the longest time that the timers allow until another host serves. A budget adds a quarter,
for what no timer covers (processes, packets, a busy machine), and the shortest timeout of the probes, after
which a request that was in flight at the fault fails. `least` is what the fault must cost if it happened.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

MARGIN = 1.25
PROBE_TIMEOUT = 1.0  # of the suites' probes, seconds
SERVER_TIMEOUT = 30.0  # of the probe that creates and deletes a server
IMAGE_TIMEOUT = 4.0  # of the probe that reads an image
API_TIMEOUT = 3.0  # of the probes that ask Keystone, list what an API has, and call over the bus
# (256 - priority) / 256 of an advert interval, for the lowest priority of a load balancer, 147.
SKEW = 0.43
# Fixed in Sentinel: up to one second until it has asked the others, and up to one of random delay.
SENTINELS_OWN = 2.0
# Fixed in RabbitMQ: a quorum queue has a new leader this long after the old one's connections broke.
RAFT_ELECTION = 1.0
# Fixed in OVSDB: up to a second of random delay until a follower starts an election, and as long until a
# client that lost its server tries another one.
ELECTION_DELAY = 1.0
RECONNECTS = 1.0
# Debian's units of OVN start again this long after their process died: systemd's default.
STARTED_AGAIN = 0.1
# Three brokers that start at once: measured, 20 s while all hosts of a stage started on two cores.
BROKERS_START = 20.0
# A fault at the luckiest moment costs this fraction of the minimum that the timers allow.
LUCK = 0.9


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds, and the formula of the arithmetic in terms of the settings.

    For so long as `unsteady` some requests may fail while others succeed: a host is in use that answers none.
    """

    arithmetic: float
    least: float
    formula: str
    timeout: float = PROBE_TIMEOUT
    unsteady: float = 0.0

    @property
    def budget(self) -> float:
        """The longest time that a client may go without a success."""
        return MARGIN * self.arithmetic + self.timeout

    def to_json(self) -> dict[str, object]:
        """The form in target.json."""
        unsteady = {"unsteady_s": round(MARGIN * self.unsteady, 3)} if self.unsteady else {}
        return {
            "budget_s": round(self.budget, 3),
            "timeout_s": self.timeout,
            "arithmetic_s": round(self.arithmetic, 3),
            "least_s": round(self.least, 3),
            "formula": f"{MARGIN:g} x ({self.formula}) + {self.timeout:g}s",
            **unsteady,
        }


def _vip(settings: Mapping[str, Any], *, least: bool) -> Timing:
    advert = settings["loadbalancer"].advert_interval
    cost = 2 * advert if least else 0.0
    return Timing((3 + SKEW) * advert, LUCK * cost, f"(3 + {SKEW:g}) x advert_interval")


def _frozen_balancer(settings: Mapping[str, Any]) -> Timing:
    own = settings["loadbalancer"]
    return Timing(
        own.track_fall * own.track_interval + own.track_timeout + SKEW * own.advert_interval,
        LUCK * ((own.track_fall - 1) * own.track_interval + own.track_timeout),
        f"track_fall x track_interval + track_timeout + {SKEW:g} x advert_interval",
    )


def _refusing(settings: Mapping[str, Any]) -> float:
    own = settings["loadbalancer"]
    return float(own.check_interval + (own.check_fall - 1) * own.check_fast_interval)


def _silent(settings: Mapping[str, Any]) -> float:
    own = settings["loadbalancer"]
    return _refusing(settings) + float(own.check_fall * own.check_timeout)


def _absent(settings: Mapping[str, Any]) -> float:
    """HAProxy's check_timeout starts on connect; before, connect_timeout and check_interval bound a check."""
    own = settings["loadbalancer"]
    return _refusing(settings) + float(own.check_fall * min(own.connect_timeout, own.check_interval))


def _evicted(settings: Mapping[str, Any]) -> float:
    own = settings["database"]
    return float(own.evs_suspect_timeout + own.evs_inactive_check_period + own.evs_keepalive_period)


def _suspected(settings: Mapping[str, Any]) -> float:
    own = settings["database"]
    return LUCK * float(own.evs_suspect_timeout - own.evs_keepalive_period)


def _elected(settings: Mapping[str, Any]) -> float:
    """Sentinels agree, the one with the shortest random delay fails over, the new master's INFO shows it."""
    own = settings["coordination"]
    return float(own.down_after + own.info_period + SENTINELS_OWN)


def _master_silent(settings: Mapping[str, Any]) -> Timing:
    return Timing(_elected(settings), LUCK * settings["coordination"].down_after, ELECTED)


def _hanging(timeout: float) -> Callable[[Mapping[str, Any]], Timing]:
    """Another host serves all the time; some requests wait for the one that hangs, until it is out of use."""

    def timing(settings: Mapping[str, Any]) -> Timing:
        own = settings["loadbalancer"]
        out = _refusing(settings) + float(own.check_fall * own.http_check_timeout)
        return Timing(0.0, 0.0, "0s", timeout, out)

    return timing


def _parted(settings: Mapping[str, Any]) -> Timing:
    """Erlang notices within net_ticktime and a quarter more, which is the quarter that every budget adds.

    Then a queue has another leader. Clients of the lost broker wait at least their timeout.
    """
    own = settings["messaging"]
    return Timing(float(own.net_ticktime + RAFT_ELECTION), LUCK * PROBE_TIMEOUT, PARTED)


def _led_again(settings: Mapping[str, Any]) -> Timing:
    """A leader that reaches nobody steps down, a follower is elected at the second try, and clients leave."""
    timer = settings["ovn"].election_timer
    return Timing(2 * timer + 2 * (timer + ELECTION_DELAY) + RECONNECTS, LUCK * timer, LED_AGAIN, API_TIMEOUT)


def _rejoined(settings: Mapping[str, Any]) -> Timing:
    """Each finds the others again, all agree on who is there, and the load balancers notice."""
    own, balancer = settings["database"], settings["loadbalancer"]
    agreed = own.evs_inactive_timeout + own.evs_install_timeout
    seen = balancer.check_down_interval + balancer.check_rise * balancer.check_fast_interval
    return Timing(float(agreed + seen), 0.0, REJOINED)


def _writer_killed(settings: Mapping[str, Any]) -> Timing:
    longest = max(_evicted(settings), _refusing(settings))
    return Timing(longest, _suspected(settings), f"max({EVICTED}, {REFUSING})")


def _writer_frozen(settings: Mapping[str, Any]) -> Timing:
    longest = max(_evicted(settings), _silent(settings))
    return Timing(longest, _suspected(settings), f"max({EVICTED}, {SILENT})")


def _writer_and_holder(settings: Mapping[str, Any]) -> Timing:
    one, other = _writer_killed(settings), _vip(settings, least=True)
    return Timing(one.arithmetic + other.arithmetic, one.least, f"{one.formula} + {other.formula}")


def _bystander(settings: Mapping[str, Any]) -> Timing:
    return Timing(_evicted(settings), _suspected(settings), EVICTED)


def _bystander_full(settings: Mapping[str, Any]) -> Timing:
    return Timing(_evicted(settings), 0.0, EVICTED)


def _host_lost(timeout: float = API_TIMEOUT) -> Callable[[Mapping[str, Any]], Timing]:
    return lambda settings: Timing(_absent(settings), 0.0, ABSENT, timeout)


def _caches(settings: Mapping[str, Any]) -> Timing:
    return Timing(settings["identity"].cache_timeout, 0.0, "cache_timeout", API_TIMEOUT)


def _nothing(role: str, timeout: float = PROBE_TIMEOUT) -> Callable[[Mapping[str, Any]], Timing]:
    """For what the others serve through at once: only a request that was on its way may fail.

    The timing raises KeyError for a stage without the role.
    """

    def timing(settings: Mapping[str, Any]) -> Timing:
        if role not in settings:
            raise KeyError(role)
        return Timing(0.0, 0.0, "0s", timeout)

    return timing


EVICTED = "evs_suspect_timeout + evs_inactive_check_period + evs_keepalive_period"
REFUSING = "check_interval + (check_fall - 1) x check_fast_interval"
SILENT = f"{REFUSING} + check_fall x check_timeout"
PARTED = f"net_ticktime + {RAFT_ELECTION:g}s"
LED_AGAIN = f"2 x election_timer + 2 x (election_timer + {ELECTION_DELAY:g}s) + {RECONNECTS:g}s"
REJOINED = (
    "evs_inactive_timeout + evs_install_timeout + check_down_interval + check_rise x check_fast_interval"
)
ELECTED = f"down_after + info_period + {SENTINELS_OWN:g}s"
ABSENT = f"{REFUSING} + check_fall x min(connect_timeout, check_interval)"

FORMULAS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Timing]] = MappingProxyType(
    {
        ("keepalived", "holder_lost"): lambda settings: _vip(settings, least=True),
        ("keepalived", "killed_on_holder"): lambda settings: _vip(settings, least=False),
        ("keepalived", "cut_off"): lambda settings: _vip(settings, least=False),
        ("haproxy", "frozen_on_holder"): _frozen_balancer,
        ("galera", "bystander_killed"): _bystander,
        ("galera", "bystander_lost"): _bystander,
        ("galera", "bystander_full"): _bystander_full,
        ("galera", "bystander_without_files"): _bystander_full,
        ("galera", "writer_killed"): _writer_killed,
        ("galera", "writer_frozen"): _writer_frozen,
        ("galera", "writer_thawed"): _writer_frozen,
        ("galera", "writer_and_holder_lost"): _writer_and_holder,
        ("galera", "writer_cut_off"): lambda settings: Timing(
            _evicted(settings) + _refusing(settings), _suspected(settings), f"{EVICTED} + {REFUSING}"
        ),
        ("galera", "parted_in_three"): _rejoined,
        ("keystone", "host_lost"): _host_lost(),
        ("keystone", "api_frozen"): _hanging(API_TIMEOUT),
        ("keystone", "host_slow"): _nothing("identity", API_TIMEOUT),
        ("memcached", "gone"): _caches,
        ("memcached", "all_gone"): _caches,
        ("rabbitmq", "killed"): lambda _: Timing(RAFT_ELECTION, 0.0, f"{RAFT_ELECTION:g}s"),
        ("rabbitmq", "host_lost"): _parted,
        ("rabbitmq", "cut_off"): _parted,
        ("rabbitmq", "follower_lost"): _nothing("messaging"),
        ("rabbitmq", "all_killed"): lambda _: Timing(BROKERS_START, 0.0, f"{BROKERS_START:g}s"),
        # Restarted immediately, it may still be the master: then there is hardly a gap.
        ("redis", "master_killed"): lambda settings: Timing(_elected(settings), 0.0, ELECTED),
        ("redis", "master_frozen"): _master_silent,
        ("redis", "master_lost"): _master_silent,
        # Until it refuses, it goes on; and a client may learn of the new master before that.
        ("redis", "master_cut_off"): lambda settings: Timing(_elected(settings), 0.0, ELECTED),
        ("redis", "replica_lost"): _nothing("coordination"),
        ("redis", "all_killed"): lambda settings: Timing(_elected(settings), 0.0, ELECTED),
        ("glance", "host_lost"): _host_lost(IMAGE_TIMEOUT),
        ("glance", "api_frozen"): _hanging(IMAGE_TIMEOUT),
        ("glance", "store_gone"): _nothing("image", IMAGE_TIMEOUT),
        ("glance", "store_frozen"): _nothing("image", IMAGE_TIMEOUT),
        ("nova-conductor", "killed"): _nothing("compute-api", API_TIMEOUT),
        ("nova-scheduler", "killed"): _nothing("compute-api", SERVER_TIMEOUT),
        ("nova-api", "host_lost"): _host_lost(),
        ("nova-api", "api_frozen"): _hanging(API_TIMEOUT),
        ("placement", "api_frozen"): _hanging(API_TIMEOUT),
        ("neutron", "host_lost"): _host_lost(),
        ("neutron", "api_frozen"): _hanging(API_TIMEOUT),
        ("neutron", "rpc_server_killed"): _nothing("network-api", API_TIMEOUT),
        ("neutron", "maintenance_killed"): _nothing("network-api", API_TIMEOUT),
        ("cinder", "host_lost"): _host_lost(),
        ("cinder", "api_frozen"): _hanging(API_TIMEOUT),
        ("cinder", "scheduler_killed"): _nothing("volume-api", API_TIMEOUT),
        ("ovn", "northd_killed"): _nothing("ovn", API_TIMEOUT),
        ("ovn", "leader_cut_off"): _led_again,
        ("ovn-controller", "killed"): lambda _: Timing(
            STARTED_AGAIN, 0.0, f"{STARTED_AGAIN:g}s", API_TIMEOUT
        ),
    }
)


def timings(settings: Mapping[str, Any]) -> dict[str, dict[str, Timing]]:
    """All timings by component and fault, for a stage's effective settings by role, of the roles it has."""
    found: dict[str, dict[str, Timing]] = {}
    for (component, fault), formula in FORMULAS.items():
        with suppress(KeyError):  # a role that the stage does not have, or whose settings are wrong
            found.setdefault(component, {})[fault] = formula(settings)
    return found
