"""Any faults of GitLab, in any sequence of events: in the end it holds all once, and no fate has changed."""

from dataclasses import dataclass, field

from drawn import stages
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_told import found
from orders import TO_THE_END, Orders, Stop

from pipeline.adapters.gitlab_forge import GitlabForge
from pipeline.engine.delivery import deliver
from pipeline.testing.gitlab import FakeGitlab, Fault
from pipeline.workshop import Workshop

LIMIT_S = 0.4  # so that only what is to be lost is late, on a busy machine, too
calls = st.just(TO_THE_END) | st.builds(Stop, call=st.integers(0, 25))
# Most requests go well, or nothing would ever be told.
faults = st.lists(st.none() | st.none() | st.sampled_from(Fault), max_size=12)


@dataclass
class Site:
    """A site, and what happens to it. Without a GitLab, nothing is told."""

    gitlab: FakeGitlab | None = None
    orders: Orders = field(default_factory=Orders)

    def __post_init__(self) -> None:
        if self.gitlab is not None:
            self.gitlab.project.now = self.orders.bench.clock.now
            forge = GitlabForge(self.gitlab.url, "group/project", self.gitlab.token, limit_s=LIMIT_S)
            self.orders.bench.forge = forge
        self.commit(answer="passed")

    def commit(self, answer: str) -> None:
        """A new release, brought by a merge request of its own, whose gates give this answer."""
        self.orders.commit()
        release = self.orders.releases[-1]
        self.orders.bench.answers[f"smoke of {release}"] = answer
        if self.gitlab is not None:
            commit = self.orders.bench.revisions.pin.commit
            self.gitlab.project.merged(len(self.orders.releases), commit)

    def tell(self, faults: list[Fault | None], stop: Stop) -> None:
        """Tell what waits; it goes wrong so, and the teller may be killed."""
        if self.gitlab is None:
            return
        self.gitlab.faults = list(faults)

        def command(shop: Workshop) -> None:
            if shop.forge is not None:
                deliver(shop, shop.forge, 40)

        self.orders._ask(command, stop)  # noqa: SLF001 - an order like those that it has
        self.gitlab.faults = []

    def fates(self) -> list[tuple[object, ...]]:
        attempts = self.orders.bench.shop().history().attempts.values()
        return [(one.id, one.kind, one.stage, one.release, one.phase, one.outcome) for one in attempts]


actions = st.one_of(
    st.tuples(st.just("commit"), st.sampled_from(["passed", "failed", "failed", "skipped"])),
    st.tuples(st.just("promote"), stages, calls),
    st.tuples(st.just("promote"), stages, st.just(TO_THE_END)),
    st.tuples(st.just("resume"), stages, calls),
    st.tuples(st.just("abort"), stages, calls),
    st.tuples(st.just("roll_back"), stages),
    st.tuples(st.just("tell"), faults, calls),
    st.tuples(st.just("tell"), faults, st.just(TO_THE_END)),
)


def perform(site: Site, action: tuple[object, ...]) -> None:
    match action:
        case ("commit", str(answer)):
            site.commit(answer)
        case ("promote", str(stage), Stop() as stop):
            site.orders.promote(stage, stop=stop)
        case ("resume", str(stage), Stop() as stop):
            site.orders.resume(stage, stop)
        case ("abort", str(stage), Stop() as stop):
            site.orders.abort(stage, stop)
        case ("roll_back", str(stage)):
            site.orders.roll_back(stage)
        case ("tell", list(faults), Stop() as stop):
            site.tell(faults, stop)
        case _:
            raise AssertionError(action)


@settings(examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, min_size=2, max_size=9))
def test_it_is_told_once_of_everything_and_no_attempt_ends_otherwise(
    happens: list[tuple[object, ...]],
) -> None:
    with FakeGitlab(patience_s=2 * LIMIT_S) as gitlab:
        told, untold = Site(gitlab), Site()
        for action in [("promote", "dev", TO_THE_END), *happens]:
            perform(told, action)
            perform(untold, action)
        told.tell([], TO_THE_END)

        assert told.fates() == untold.fates()
        assert found(told.orders.bench.shop().history(), gitlab.project) == []
