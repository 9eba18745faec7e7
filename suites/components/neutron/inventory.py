"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

LISTING = Listing(
    "network",
    (
        List("agent", "/v2.0/agents", "agents", stays=True),
        List("network", "/v2.0/networks", "networks"),
        List("subnet", "/v2.0/subnets", "subnets"),
        List("port", "/v2.0/ports", "ports"),
        List("router", "/v2.0/routers", "routers"),
        List("security group", "/v2.0/security-groups", "security_groups"),
    ),
)
