"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

LISTING = Listing(
    "identity",
    (
        List("user", "/users", "users", stays=True),
        List("project", "/projects", "projects", stays=True),
        List("domain", "/domains", "domains", stays=True),
        List("role", "/roles", "roles", stays=True),
        List("service", "/services", "services", stays=True),
        List("endpoint", "/endpoints", "endpoints", stays=True),
        List("group", "/groups", "groups"),
    ),
)
