"""What a run of the neighbours gate that was killed left in a stage, and what becomes of it."""

from dataclasses import replace

from neighbours_stand_in import OWN, TwoColours

from suites.neighbours import leftovers, servers
from suites.neighbours.made import PREFIX, Made
from suites.neighbours.pair import Pair


def everything(pair: Pair, name: str) -> None:
    """Make something of every kind, as a run does that is killed then."""
    made, writer = Made(pair, name, print), pair.own
    servers.boot(writer, made, servers.upload(writer, made), str(servers.flavor(writer, made)["id"]))
    volume = writer.service("volume")
    volume.call("POST", "/types", {"volume_type": {"name": name}})
    for kind in ("network", "subnet", "port", "security_group"):
        path = f"/v2.0/{kind.replace('_', '-')}s"
        writer.service("network").call("POST", path, {kind: {"name": name}})


def test_what_a_killed_run_left_is_found_by_its_name_and_nothing_else_is_removed() -> None:
    colours, told = TwoColours(), list[str]()
    everything(colours.pair(), "a user's")
    kept = colours.left
    everything(colours.pair(), f"{PREFIX}-0-{OWN}")
    assert len(colours.left) == 2 * len(kept) == 16
    leftovers.clear(colours.pair(), told.append)
    assert colours.left == kept
    assert {row["name"] for row in colours.rows.values()} == {"a user's"}
    (said,) = told
    assert said.startswith(f"left over: image {PREFIX}-0-{OWN}, flavor {PREFIX}-0-{OWN}, ")
    # Servers first, and images last: nothing is removed that another thing needs.
    kinds = [path.split("/")[-2] for path in colours.deleted]
    assert kinds == [
        "servers", "ports", "subnets", "networks", "security-groups", "types", "flavors", "images"
    ]  # fmt: skip


def test_lists_that_cannot_be_read_are_told_and_fail_nothing() -> None:
    colours, told = TwoColours(), list[str]()
    everything(colours.pair(), f"{PREFIX}-0-{OWN}")
    pair = colours.pair()
    silent = TwoColours(frozenset({"silent"})).pair().other
    leftovers.clear(Pair(replace(silent, colour=OWN), pair.other), told.append)
    assert len(told) == len(leftovers.LISTS)
    assert all(line.startswith("not looked for what is left over: ") for line in told)


def test_a_clean_stage_is_asked_and_nothing_is_told() -> None:
    told: list[str] = []
    leftovers.clear(TwoColours().pair(), told.append)
    assert told == []
