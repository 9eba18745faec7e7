"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

LISTING = Listing(
    "compute",
    (
        List("service", "/os-services", "services", stays=True),
        List("server", "/servers", "servers", query="?all_tenants=1"),
        List("flavor", "/flavors", "flavors", query="?is_public=None"),
    ),
)
