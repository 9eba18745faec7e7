"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

LISTING = Listing(
    "volume",
    (
        List("service", "/os-services", "services", stays=True),
        List("volume", "/volumes", "volumes", query="?all_tenants=1"),
        List("volume type", "/types", "volume_types", query="?is_public=None"),
    ),
)
