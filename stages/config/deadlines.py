"""How long services wait must fit what they wait for: rules between settings of different roles. Pure.

A limit is longer than the longest silence of a server that still answers, or a service gives up what would
have come; and it is shorter than the patience of the client behind the service, or nobody hears why.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stages.config.document import Document
from stages.config.models import StageConfig
from stages.config.problems import Problem
from stages.config.roles import place
from stages.config.timing import timings
from stages.openstack.limits import CONNECTS, IDENTITY_PAUSES, IDENTITY_RETRIES

LOCK_WAIT = 50.0  # MariaDB's innodb_lock_wait_timeout, its default
LOCK_LIFE = 30.0  # of tooz's locks, which it must renew in that time
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A setting, in seconds, and what it must be longer than (or shorter, if not `longer`), and why.

    `limit` computes that from all settings of a stage, and `formula` says how.
    """

    role: str
    key: str
    limit: Callable[[Settings], float]
    formula: str
    why: str
    longer: bool = True

    def broken(self, settings: Settings) -> tuple[str, str] | None:
        """What is wrong, and the arithmetic; None if the rule is kept."""
        value, limit = float(getattr(settings[self.role], self.key)), self.limit(settings)
        if value > limit if self.longer else value < limit:
            return None
        word = "longer" if self.longer else "shorter"
        message = f"{self.key}: {value:g}s must be {word} than {self.formula}: {self.why}"
        return message, f"{self.formula} = {limit:g}s"


def _failover(component: str) -> Callable[[Settings], float]:
    """The longest arithmetic of the faults of a component."""
    return lambda settings: max(timing.arithmetic for timing in timings(settings)[component].values())


RULES = (
    Rule(
        "database",
        "connect_timeout",
        lambda settings: CONNECTS * settings["loadbalancer"].connect_timeout,
        f"{CONNECTS} x connect_timeout of loadbalancer",
        "a load balancer tries so long to find a server that lives",
    ),
    Rule(
        "database",
        "answer_timeout",
        lambda _: LOCK_WAIT,
        "MariaDB's wait for a lock",
        "it would end the wait itself, and say which",
    ),
    Rule(
        "database",
        "answer_timeout",
        _failover("galera"),
        "the longest failover of galera in stages/config/timing.py",
        "commits wait for it and then succeed",
    ),
    Rule(
        "database",
        "answer_timeout",
        lambda settings: settings["loadbalancer"].server_timeout,
        "server_timeout of loadbalancer",
        "after that, the client of the service no longer waits for its answer",
        longer=False,
    ),
    Rule(
        "database",
        "write_stall",
        lambda settings: settings["loadbalancer"].queue_timeout,
        "queue_timeout of loadbalancer",
        "requests queue behind those that wait for the database, and are then answered 503",
        longer=False,
    ),
    Rule(
        "identity",
        "answer_timeout",
        _failover("keystone"),
        "the longest failover of keystone in stages/config/timing.py",
        "a request that meets a lost host is answered by another one",
    ),
    Rule(
        "identity",
        "answer_timeout",
        lambda settings: (settings["loadbalancer"].server_timeout - IDENTITY_PAUSES) / (1 + IDENTITY_RETRIES),
        f"(server_timeout of loadbalancer - {IDENTITY_PAUSES:g}s) / {1 + IDENTITY_RETRIES} tries",
        "after all tries, the client of the service must still be there",
        longer=False,
    ),
    Rule(
        "coordination",
        "answer_timeout",
        lambda settings: settings["coordination"].down_after,
        "down_after",
        "until then, the Sentinels hold a silent master for alive",
    ),
    Rule(
        "coordination",
        "answer_timeout",
        lambda _: LOCK_LIFE,
        "the life of tooz's locks",
        "a lock whose renewal is not answered would be lost before another try",
        longer=False,
    ),
    Rule(
        "messaging",
        "queue_expiry",
        lambda settings: 1.25 * settings["messaging"].net_ticktime + settings["messaging"].heartbeat_timeout,
        "1.25 x net_ticktime + heartbeat_timeout",
        "a client that lost its broker would come back to a queue that is gone",
    ),
)


def judge_deadlines(stage: StageConfig, defaults: Document, document: Document) -> list[Problem]:
    """A problem for each rule that a stage's settings break, at the setting.

    `defaults` is roles.yaml, `document` the stage's own file.
    """
    return list(_problems(stage.settings, defaults, document))


def _problems(settings: Settings, defaults: Document, document: Document) -> Iterator[Problem]:
    for rule in RULES:
        with suppress(KeyError):  # a role whose settings are wrong, which is reported where it is
            if (found := rule.broken(settings)) is not None:
                yield Problem.at(place(rule.role, rule.key, defaults, document), *found)
