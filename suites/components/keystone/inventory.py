"""What the stage has here, and the final look compares."""

from suites.readings.inventory import List, Listing

# In whose names the services work; all other users and projects are tenants'.
USERS = frozenset({"admin", "cinder", "glance", "neutron", "nova", "placement", "swift"})
PROJECTS = frozenset({"admin", "service"})

LISTING = Listing(
    "identity",
    (
        List("user", "/users", "users", stays=True, only=USERS),
        List("project", "/projects", "projects", stays=True, only=PROJECTS),
        List("domain", "/domains", "domains", stays=True, only=frozenset({"Default"})),
        List("role", "/roles", "roles", stays=True),
        List("service", "/services", "services", stays=True),
        List("endpoint", "/endpoints", "endpoints", stays=True),
        List("group", "/groups", "groups"),
    ),
)
