"""`promote prune`: what nothing refers to, listed first and removed with --yes."""

from collections.abc import Callable

import pytest
from desk import Desk, green, open_attempt
from documents import two_releases

from pipeline.core import events as ev
from pipeline.core.errors import StagegateError, TryAgain, UsageProblem
from pipeline.core.history import History
from pipeline.core.stored import Store, Stored, unneeded
from pipeline.engine.archives import space_of
from pipeline.testing import FakeArchives
from pipeline.testing.bench import make_pin

DAY_S = 86400.0


def folders(desk: Desk, *environments: str) -> None:
    """Every release and attempt of the ledger has its folder; the releases run in these environments."""
    history = desk.bench.shop().history()
    now = desk.bench.clock.time
    copies = [
        Stored(Store.COPY, release, 1000 + number, now, environments[number % len(environments)])
        for number, release in enumerate(history.releases)
    ]
    runs = [Stored(Store.RUN, attempt, 500, now) for attempt in history.attempts]
    made = [Stored(Store.ENVIRONMENT, name, 7_000_000, now) for name in dict.fromkeys(environments)]
    desk.bench.storage.folders = [*copies, *made, *runs]


def failing(desk: Desk, number: int) -> None:
    """One more release, which dev turns down, and the rollback."""
    release = desk.bench.commit(f"bad {number}", a=str(number))
    desk.bench.answers[f"smoke of {release}"] = "failed"
    assert desk("--stage", "dev") == 3


def listed(desk: Desk, *words: str) -> list[str]:
    rows = desk.document("prune", *words)["items"]
    return [row["alias"] or row["name"] for row in rows]


def removing(desk: Desk, happens: Callable[[Stored], object]) -> None:
    """From now on something happens whenever a folder is removed."""

    class Storage:
        stored = desk.bench.storage.stored

        def remove(self, one: Stored) -> None:
            happens(one)

    desk.bench.storage = Storage()


@pytest.fixture
def site(desk: Desk) -> Desk:
    """r1 stands in staging and dev; r2 to r5 were turned down in dev, each rolled back."""
    desk(*green(desk))
    desk("--stage", "staging")
    for number in (2, 3, 4, 5):
        failing(desk, number)
    folders(desk, "old", "new", "new", "other", "other")
    return desk


def test_what_nothing_refers_to_is_listed_and_nothing_is_removed(site: Desk) -> None:
    before = list(site.bench.storage.folders)

    assert listed(site, "--keep", "2") == ["r2", "r3", "new", "p3", "p4", "p5", "p6", "p7", "p8"]
    assert site.bench.storage.folders == before
    assert site("prune", "--keep", "2") == 0
    assert "9 folders, 7.0 MB; to remove them: promote prune --yes" in site.out
    assert "git checkout 'commit-bad 2' && promote pin" in site.out


def test_what_stands_is_verified_or_proved_it_stays_however_old_it_is(site: Desk) -> None:
    assert listed(site, "--keep", "0") == ["r2", "r3", "r4", "new", "p3", "p4", "p5", "p6", "p7", "p8"]


def test_a_rejected_release_stays_only_where_it_stands(desk: Desk) -> None:
    two_releases(desk)
    folders(desk, "one", "two")
    assert listed(desk, "--keep", "0") == []

    for release, gone in (("r2", []), ("r1", ["r1", "one", "p1"])):
        desk("reject", release, "--reason", "it loses rows")
        assert listed(desk, "--keep", "0") == gone


def test_by_default_the_newest_ten_stay(site: Desk) -> None:
    assert listed(site) == []
    assert site("prune") == 0
    assert site.out == "there is nothing to remove\n"


def test_what_is_removed_is_what_was_listed_and_the_ledger_keeps_every_event(site: Desk) -> None:
    wanted = listed(site, "--keep", "2")
    events = site.bench.shop().ledger.read()

    assert listed(site, "--keep", "2", "--yes") == wanted

    assert listed(site, "--keep", "2") == []
    assert site.bench.shop().ledger.read()[: len(events)] == events
    assert site.bench.store.leases == {}
    assert site("--stage", "dev", "--release", "r1") == 0
    assert site("rollback", "--stage", "dev", "--to", "r1") == 0


def test_nothing_is_removed_while_a_run_holds_a_stage(site: Desk) -> None:
    before = list(site.bench.storage.folders)
    site.bench.shop().ledger.acquire("staging", "promote r1 to staging", 3600)
    site.alive = True

    assert site("prune", "--keep", "2", "--yes") == 5
    assert "promote r1 to staging" in site.err
    assert site.bench.storage.folders == before
    assert listed(site, "--keep", "2"), "looking is always allowed"


def test_what_an_interrupted_run_needs_stays(desk: Desk) -> None:
    open_attempt(desk)
    folders(desk, "one")

    assert listed(desk, "--keep", "0", "--yes") == []
    assert desk("resume") == 0


def test_a_folder_that_the_ledger_does_not_know_may_be_somebodys_work_for_a_day() -> None:
    new = Stored(Store.COPY, "f" * 64, 1, 0.0, "env")
    used = Stored(Store.ENVIRONMENT, "env", 1, 0.0)

    assert unneeded(History(), [new, used], 0, DAY_S) == ()
    assert unneeded(History(), [new, used], 0, DAY_S + 1) == (new, used)


def test_what_killed_commands_left_is_removed_once_it_is_a_day_old(site: Desk) -> None:
    """Of archiving in the site and in the store, of `doctor` there; whatever the ledger's last event is."""
    bench = site.bench
    bench.archives = FakeArchives(probes={"9" * 64}, half={".new-x"}, written_at=bench.clock.time + 1)
    bench.storage.folders = [Stored(Store.REMNANT, ".archive-x", 1, bench.clock.time + 1)]
    assert listed(site, "--yes") == []

    bench.clock.time += DAY_S + 2
    space = space_of(bench.shop())
    assert listed(site, "--yes") == [".archive-x", "9" * 64, f"{space}/.new-x"]
    assert (bench.storage.folders, bench.archives.probes, bench.archives.half) == ([], set(), set())


def test_a_signal_stops_between_two_folders(site: Desk) -> None:
    quiet = site.bench.quiet

    def stop(_one: Stored) -> None:
        quiet.signal = 15

    removing(site, stop)
    assert site("prune", "--keep", "2", "--yes") == 143
    assert "interrupted by SIGTERM after 1 of 9 were removed" in site.err
    assert site.bench.store.leases == {}


def test_a_run_that_takes_a_stage_over_stops_it(site: Desk) -> None:
    removed: list[Stored] = []

    def overtaken(one: Stored) -> None:
        removed.append(one)
        site.bench.shop().ledger.acquire("dev", "promote r2 to dev", 3600)

    removing(site, overtaken)
    assert site("prune", "--keep", "2", "--yes") == 5
    assert "dev was taken over while the site was pruned" in site.err
    assert len(removed) == 1


def test_what_is_referred_to_meanwhile_stays(site: Desk) -> None:
    """A push or the end of a run may archive again what nobody had recorded, and a pin may pin it."""
    bench = site.bench
    bench.clock.time += 100 * DAY_S
    bench.archives = FakeArchives(kept={"e" * 64: "runs/p1", "f" * 64: "runs/p1"})
    orphan = make_pin("again")
    bench.storage.folders = [Stored(Store.COPY, name, 1, 0.0) for name in ("0" * 64, orphan.id)]
    folders, ledger = list(bench.storage.folders), bench.shop().ledger

    def referred(one: Stored) -> None:
        folders.remove(one)
        graph = next(iter(bench.shop().history().releases.values())).stages
        ledger.append([ev.Archived("runs/p1", "f" * 64), ev.ReleasePinned(orphan.id, "r6", orphan, graph)])

    removing(site, referred)
    assert listed(site, "--yes") == ["0" * 64, "e" * 64]
    assert [one.name for one in folders] == [orphan.id]
    assert bench.archives.kept.keys() == {"f" * 64}


@pytest.mark.parametrize(
    ("problem", "code"),
    [(TryAgain("the store cannot be reached"), 75), (UsageProblem("the store is not there"), 2)],
)
def test_a_store_that_fails_keeps_nobody_from_pruning_the_site(
    site: Desk, problem: StagegateError, code: int
) -> None:
    site.bench.archives = FakeArchives(kept={"f" * 64: "runs/p1"}, down=problem)
    wanted = ["r2", "r3", "new", "p3", "p4", "p5", "p6", "p7", "p8"]
    for words in ((), ("--yes",)):
        document = site.document("prune", "--keep", "2", *words)
        assert [row["alias"] or row["name"] for row in document["items"]] == wanted
        assert (site.code, document["store_skipped"]) == (code, problem.what)
        assert f"objects of the store are left as they are:\n{problem.what}" in site.err
    assert not {one.name for one in site.bench.storage.folders} & set(wanted)


def test_a_store_that_fails_meanwhile_is_told_and_what_was_removed_is_listed(site: Desk) -> None:
    bench = site.bench
    bench.clock.time += 100 * DAY_S
    bench.archives = archives = FakeArchives(kept={"f" * 64: "runs/p1"})
    bench.storage.folders = [Stored(Store.COPY, "0" * 64, 1, 0.0)]

    def fail(_one: Stored) -> None:
        archives.down = TryAgain("the store cannot be reached")

    removing(site, fail)
    document = site.document("prune", "--yes")
    assert [row["name"] for row in document["items"]] == ["0" * 64]
    assert (site.code, document["store_skipped"]) == (75, "the store cannot be reached")


def test_a_folder_that_cannot_be_removed_is_named(site: Desk) -> None:
    def refuse(_one: Stored) -> None:
        raise UsageProblem("the copy r2 could not be removed", next="promote prune")

    removing(site, refuse)
    assert site("prune", "--keep", "2", "--yes") == 2
    assert "could not be removed" in site.err
