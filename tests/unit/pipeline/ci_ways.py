"""Ways to end the verbs that jobs of a CI server call."""

from desk import Desk, green, step_fails


def child_of(desk: Desk) -> list[str]:
    desk(*green(desk))
    return ["ci", "child", "--stage", "dev", "--release", "r1", "--shards", "smoke=2"]


def deployed(desk: Desk) -> list[str]:
    return ["ci", "deploy", *green(desk)]


def deployment_fails(desk: Desk) -> list[str]:
    return ["ci", "deploy", *step_fails(desk)]


def red_shard(desk: Desk) -> list[str]:
    desk(*deployed(desk))
    desk.bench.answers["smoke"] = "failed"
    return ["ci", "shard", "smoke", "1/1", "--stage", "dev"]


def something_waits(desk: Desk) -> list[str]:
    desk(*green(desk))
    return ["ci", "again", "--stage", "staging"]


def nothing_waits(desk: Desk) -> list[str]:
    desk(*something_waits(desk))
    return ["ci", "again", "--stage", "staging"]
