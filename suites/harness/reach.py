"""How far what a component rests on reaches: which hosts' it uses."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Reach(Enum):
    """Whose defect can explain one of the component: that of any host, of its hosts alone, or of its own."""

    ANY = "any"
    ITS_HOSTS = "its_hosts"
    OWN = "own"


Reliances = Mapping[str, Reach]

# The load balancers and what they let through to.
VIP: Reliances = MappingProxyType({"haproxy": Reach.ANY, "keepalived": Reach.ANY})
ROWS: Reliances = MappingProxyType({**VIP, "galera": Reach.ANY})

# By the names that dependency checks have for them, what gives an answer.
GIVEN_BY: Mapping[str, Reliances] = MappingProxyType(
    {
        "database": ROWS,
        "messaging": {"rabbitmq": Reach.ANY},
        "identity": {**VIP, "keystone": Reach.ANY},
        "placement": {**VIP, "placement": Reach.ANY},
        "object-store": {"swift": Reach.ANY},
        "ovn": {"ovn": Reach.ANY},
        "coordination": {"redis": Reach.ANY},
        "memcached": {"memcached": Reach.OWN},
    }
)
