"""What tests of shards do before they look: hand a promotion over, run a shard of its gate."""

from dataclasses import replace

from pipeline.core.shard import Shard
from pipeline.engine.promote import Wish, promote
from pipeline.engine.shard import Part, ShardResult, run_shard
from pipeline.testing import Bench

CHECKS = ("a/healthy", "b/healthy", "c/healthy")


def part(number: int, count: int = 2, **more: str) -> Part:
    return replace(Part("dev", "smoke", Shard(number, count)), **more)


def hand_over(bench: Bench) -> None:
    result = promote(bench.shop(), Wish("dev", hand_over=True))
    assert result.handed_over


def shard(bench: Bench, number: int, count: int = 2) -> ShardResult:
    return run_shard(bench.shop(), part(number, count))


def ran(bench: Bench) -> list[str]:
    return sorted(entry.removeprefix("smoke in dev: ") for entry in bench.ran)


def divided() -> Bench:
    """A bench on which a promotion into dev waits for its gate to be judged."""
    bench = Bench()
    bench.commit("first", a="1")
    bench.world.checks["smoke"] = CHECKS
    hand_over(bench)
    return bench
