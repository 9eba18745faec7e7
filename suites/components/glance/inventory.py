"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

LISTING = Listing(
    "image",
    (List("image", "/v2/images", "images", query="?visibility=all&limit=1000"),),
)
