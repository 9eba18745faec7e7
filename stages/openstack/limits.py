"""How long services wait for what they ask, from the settings of those whom they ask. Pure.

A socket has no limit of its own. Where an address has moved to another host, or a host is gone, nothing comes
any more, and a service that reads waits for ever. So each wait has a limit, which is longer than the longest
silence of a server that still answers (stages/config/deadlines.py checks that).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

# HAProxy connects to a server once, and three times more after a failure (`retries` in haproxy.cfg).
CONNECTS = 4
# Adverts of a lost load balancer that its peers miss before one takes the VIP, the skew included.
ADVERTS = 4
# Keystone's middleware asks once, and again so often; it pauses 0.5s, 1s and 2s in between.
IDENTITY_RETRIES, IDENTITY_PAUSES = 3, 3.5
# Of the time that a client has for a request. A service that gives up an RPC call then can still say so.
RPC_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in whole seconds, as the options of the services want them, for a stage's settings by role.

    A limit needs the settings of the role that is asked, and raises KeyError without.
    """

    settings: Mapping[str, Any]

    @property
    def api(self) -> int:
        """Of a request to another API through the VIP.

        A load balancer that lives ends every request within server_timeout, after at most four connects,
        and says so (504). Beyond that, and the time that a VIP takes to move, there is none.
        """
        own = self.settings["loadbalancer"]
        longest: float = own.server_timeout + CONNECTS * own.connect_timeout + ADVERTS * own.advert_interval
        return ceil(longest)

    @property
    def rpc(self) -> int:
        """Of an RPC call, within a request whose client waits no longer than server_timeout."""
        longest: float = self.settings["loadbalancer"].server_timeout
        return max(1, floor(RPC_SHARE * longest))

    @property
    def identity(self) -> int:
        """Of one try to have a token validated."""
        return int(self.settings["identity"].answer_timeout)

    @property
    def identity_retries(self) -> int:
        """How often that is tried again."""
        return IDENTITY_RETRIES

    @property
    def database(self) -> str:
        """Of a connect and of an answer, as parameters of the database's URL."""
        own = self.settings["database"]
        answer = int(own.answer_timeout)
        return f"connect_timeout={int(own.connect_timeout)}&read_timeout={answer}&write_timeout={answer}"

    @property
    def coordination(self) -> int:
        """Of a connect to Redis or a Sentinel, and of an answer."""
        return int(self.settings["coordination"].answer_timeout)

    @property
    def heartbeat(self) -> int:
        """Of a broker's silence."""
        return int(self.settings["messaging"].heartbeat_timeout)

    @property
    def queue_expiry(self) -> int:
        """Of a queue without a consumer."""
        return int(self.settings["messaging"].queue_expiry)
