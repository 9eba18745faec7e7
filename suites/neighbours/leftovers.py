"""What the gate has left in a stage, though it should not: found by its name, and removed."""

from suites.errors import SuitesError
from suites.neighbours.crossing import Tell
from suites.neighbours.made import PREFIX, Made, Thing
from suites.neighbours.pair import Pair
from suites.neighbours.servers import GONE_WITHIN

SERVERS = "servers"
# By endpoint, the lists that have such things: key in the answer, path and query. What is in the last
# is removed first.
LISTS = (
    ("image", "images", "/v2/images", "?limit=1000"),
    ("compute", "flavors", "/flavors", "?is_public=None"),
    ("volume", "volume_types", "/types", "?is_public=None"),
    ("network", "security_groups", "/v2.0/security-groups", "?fields=id&fields=name"),
    ("network", "networks", "/v2.0/networks", "?fields=id&fields=name"),
    ("network", "subnets", "/v2.0/subnets", "?fields=id&fields=name"),
    ("network", "ports", "/v2.0/ports", "?fields=id&fields=name"),
    ("compute", SERVERS, "/servers", ""),
)


def clear(pair: Pair, tell: Tell) -> None:
    """Remove what is named as the gate names things; a stage has the gate once at a time.

    What can't be removed or listed is told. It fails no check: none of them has made it.
    """
    made = Made(pair, PREFIX, tell)
    for endpoint, key, path, query in LISTS:
        if endpoint in pair.own.endpoints:
            try:
                made.things += _left(pair, endpoint, key, path, query)
            except SuitesError as error:
                tell(f"not looked for what is left over: {error}")
    if made.things:
        tell(f"left over: {', '.join(thing.what for thing in made.things)}")
    made.remove()


def _left(pair: Pair, endpoint: str, key: str, path: str, query: str) -> list[Thing]:
    listed = pair.own.service(endpoint).shown(path + query)[key]
    within = GONE_WITHIN if key == SERVERS else 0.0
    kind = key.removesuffix("s").replace("_", " ")
    return [
        Thing(f"{kind} {one['name']}", endpoint, f"{path}/{one['id']}", within)
        for one in listed
        if str(one["name"]).startswith(PREFIX)
    ]
