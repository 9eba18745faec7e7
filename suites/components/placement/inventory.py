"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

TRAITS_KNOWN = {"OpenStack-API-Version": "placement 1.6"}

LISTING = Listing(
    "placement",
    (
        List("resource provider", "/resource_providers", "resource_providers", stays=True),
        List("trait", "/traits", "traits", query="?name=startswith:CUSTOM_", headers=TRAITS_KNOWN),
    ),
)
