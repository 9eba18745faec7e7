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
API_TIMEOUT = 3.0  # of the probes that ask Keystone, and list flavors
# (256 - priority) / 256 of an advert interval, for the lowest priority of a load balancer, 147.
SKEW = 0.43
# Fixed in Sentinel: up to one second until it has asked the others, and up to one of random delay.
SENTINELS_OWN = 2.0
# Fixed in RabbitMQ: a quorum queue has a new leader this long after the old one's connections broke.
RAFT_ELECTION = 1.0
# A fault at the luckiest moment costs this fraction of the minimum that the timers allow.
LUCK = 0.9


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds, and the formula of the arithmetic in terms of the settings."""

    arithmetic: float
    least: float
    formula: str
    timeout: float = PROBE_TIMEOUT

    @property
    def budget(self) -> float:
        """The longest time that a client may go without a success."""
        return MARGIN * self.arithmetic + self.timeout

    def to_json(self) -> dict[str, object]:
        """The form in target.json."""
        return {
            "budget_s": round(self.budget, 3),
            "timeout_s": self.timeout,
            "arithmetic_s": round(self.arithmetic, 3),
            "least_s": round(self.least, 3),
            "formula": f"{MARGIN:g} x ({self.formula}) + {self.timeout:g}s",
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


def _parted(settings: Mapping[str, Any]) -> Timing:
    """Erlang notices within net_ticktime +/- 25 %; clients of the lost broker wait at least their timeout."""
    own = settings["messaging"]
    return Timing(MARGIN * own.net_ticktime, LUCK * PROBE_TIMEOUT, PARTED)


EVICTED = "evs_suspect_timeout + evs_inactive_check_period + evs_keepalive_period"
REFUSING = "check_interval + (check_fall - 1) x check_fast_interval"
SILENT = f"{REFUSING} + check_fall x check_timeout"
PARTED = f"{MARGIN:g} x net_ticktime"
ELECTED = f"down_after + info_period + {SENTINELS_OWN:g}s"
ABSENT = f"{REFUSING} + check_fall x min(connect_timeout, check_interval)"

FORMULAS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Timing]] = MappingProxyType(
    {
        ("keepalived", "holder_lost"): lambda settings: _vip(settings, least=True),
        ("keepalived", "killed_on_holder"): lambda settings: _vip(settings, least=False),
        ("haproxy", "frozen_on_holder"): _frozen_balancer,
        ("galera", "bystander_killed"): lambda settings: Timing(
            _evicted(settings), _suspected(settings), EVICTED
        ),
        ("galera", "bystander_full"): lambda settings: Timing(_evicted(settings), 0.0, EVICTED),
        ("galera", "writer_killed"): lambda settings: Timing(
            max(_evicted(settings), _refusing(settings)), _suspected(settings), f"max({EVICTED}, {REFUSING})"
        ),
        ("galera", "writer_frozen"): lambda settings: Timing(
            max(_evicted(settings), _silent(settings)), _suspected(settings), f"max({EVICTED}, {SILENT})"
        ),
        ("galera", "writer_cut_off"): lambda settings: Timing(
            _evicted(settings) + _refusing(settings), _suspected(settings), f"{EVICTED} + {REFUSING}"
        ),
        ("keystone", "host_lost"): lambda settings: Timing(_absent(settings), 0.0, ABSENT, API_TIMEOUT),
        ("memcached", "gone"): lambda settings: Timing(
            settings["identity"].cache_timeout, 0.0, "cache_timeout", API_TIMEOUT
        ),
        ("rabbitmq", "killed"): lambda _: Timing(RAFT_ELECTION, 0.0, f"{RAFT_ELECTION:g}s"),
        ("rabbitmq", "host_lost"): _parted,
        ("rabbitmq", "cut_off"): _parted,
        # Restarted immediately, it may still be the master: then there is hardly a gap.
        ("redis", "master_killed"): lambda settings: Timing(_elected(settings), 0.0, ELECTED),
        ("redis", "master_frozen"): _master_silent,
        ("redis", "master_lost"): _master_silent,
        ("glance", "host_lost"): lambda settings: Timing(_absent(settings), 0.0, ABSENT, IMAGE_TIMEOUT),
        ("glance", "store_gone"): lambda _: Timing(0.0, 0.0, "0s", IMAGE_TIMEOUT),
        ("nova-conductor", "killed"): lambda _: Timing(0.0, 0.0, "0s", SERVER_TIMEOUT),
        ("nova-api", "host_lost"): lambda settings: Timing(_absent(settings), 0.0, ABSENT, API_TIMEOUT),
    }
)


def timings(settings: Mapping[str, Any]) -> dict[str, dict[str, Timing]]:
    """All timings by component and fault, for a stage's effective settings by role, of the roles it has."""
    found: dict[str, dict[str, Timing]] = {}
    for (component, fault), formula in FORMULAS.items():
        with suppress(KeyError):  # a role that the stage does not have, or whose settings are wrong
            found.setdefault(component, {})[fault] = formula(settings)
    return found
