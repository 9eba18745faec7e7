"""A run is archived while it goes on, and whatever the store does, it ends as without one."""

import pytest
from desk import Desk, green, open_attempt

from pipeline.core import events as ev
from pipeline.core.archives import archives_of, referred_to
from pipeline.core.errors import IllegalTransition, TryAgain
from pipeline.core.history import History, replay
from pipeline.core.stored import Store, Stored, unneeded
from pipeline.testing import Bench, FakeArchives

DAY_S = 86400.0


@pytest.fixture
def desk_with_store(desk: Desk) -> Desk:
    """Releases and gates leave a file each, and the first attempt one beside its gate."""
    desk.bench.archives = FakeArchives()
    release = desk.bench.commit("first", a="1")
    folders = [f"releases/{release}", "runs/p1/smoke-1", "runs/p1", "runs/p2/smoke-1", "runs/p3/smoke-1"]
    desk.bench.archives.folders = {name: {"file": f"of {name}"} for name in folders}
    return desk


def archived(bench: Bench) -> list[str]:
    return [record.event.folder for record in bench.store.records if isinstance(record.event, ev.Archived)]


def state(bench: Bench) -> History:
    return replay(bench.store.records)


def test_a_promotion_leaves_its_release_its_gates_and_what_lies_beside_them(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench

    assert desk("--stage", "dev") == 0
    (release,) = state(bench).releases
    assert archived(bench) == [f"releases/{release}", "runs/p1/smoke-1", "runs/p1"]
    assert referred_to(state(bench).archives) == bench.archives.kept.keys()


def test_what_is_archived_is_not_archived_again(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    before = archived(bench)

    assert desk("--stage", "dev") == 0
    assert archived(bench) == [*before, "runs/p2/smoke-1"]


def test_a_store_that_is_down_changes_nothing_but_what_is_told(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    bench.archives.down = TryAgain("the store cannot be reached", where="memory", next="try again")

    assert desk("--stage", "dev") == 0
    assert archived(bench) == []
    said = bench.quiet.messages
    assert said.count("not archived: the store cannot be reached; where: memory; next: try again") == 1
    assert "runs/p1/smoke-1 is on this machine alone; promote store push" in said


def test_what_the_store_did_not_take_can_be_pushed_and_fetched(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    bench.archives.down = TryAgain("the store cannot be reached")
    desk("--stage", "dev")
    bench.archives.down = None
    (release,) = state(bench).releases
    bench.storage.folders = [
        Stored(Store.COPY, release, 1, 0.0),
        Stored(Store.COPY, "b" * 64, 1, 0.0),  # of nobody
        Stored(Store.RUN, "p1", 1, 0.0),
        Stored(Store.ENVIRONMENT, "e" * 16, 1, 0.0),
    ]

    pushed = desk.document("store", "push")["folders"]
    assert pushed == [f"releases/{release}", "runs/p1/smoke-1", "runs/p1"]
    assert archived(bench) == pushed
    assert desk.document("store", "push")["folders"] == []

    assert desk.document("store", "fetch", "p1")["folders"] == ["runs/p1/smoke-1", "runs/p1"]
    assert desk.document("store", "fetch", "r1")["folders"] == [f"releases/{release}"]
    assert [folder for folder, _ in bench.archives.brought] == [*pushed[1:], pushed[0]]


def test_what_somebody_removed_from_the_store_can_be_pushed_again(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    bench.storage.folders = [Stored(Store.RUN, "p1", 1, 0.0)]
    assert desk.document("store", "push")["folders"] == []
    before, events = dict(bench.archives.kept), archived(bench)
    removed = next(digest for digest, folder in before.items() if folder == "runs/p1/smoke-1")
    del bench.archives.kept[removed]

    assert desk.document("store", "push")["folders"] == ["runs/p1/smoke-1"]
    assert bench.archives.kept == before
    assert archived(bench) == events, "it is recorded already"


def test_what_was_added_after_a_folder_was_archived_is_pushed(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk.interrupted("--stage", "dev", after=4)
    assert "runs/p1" in archived(bench), "it was archived as far as it went"
    bench.archives.down = TryAgain("the store cannot be reached")
    assert desk("resume") == 0
    bench.archives.folders["runs/p1"] = {"file": "with what resume added"}
    bench.archives.down = None
    bench.storage.folders = [Stored(Store.RUN, "p1", 1, 0.0)]

    assert "runs/p1" in desk.document("store", "push")["folders"]
    assert desk.document("store", "push")["folders"] == []


def test_an_open_attempt_is_not_fetched(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk.interrupted("--stage", "dev", after=4)
    assert "runs/p1" in archived(bench)

    assert desk("store", "fetch", "p1") == 2
    assert "attempt p1 is open" in desk.err
    assert "promote resume --stage dev" in desk.err
    assert bench.archives.brought == []


def test_what_does_not_come_since_it_is_here_is_told(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    bench.archives.differing = ("file",)

    assert desk("store", "fetch", "p1") == 0
    assert "not fetched, since this machine has it with another content: runs/p1/smoke-1/file" in desk.out
    assert desk.document("store", "fetch", "p1")["differing"] == ["runs/p1/smoke-1/file", "runs/p1/file"]


def test_what_is_missing_in_the_store_keeps_nothing_else_from_coming(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    gone = next(digest for digest, folder in bench.archives.kept.items() if folder == "runs/p1/smoke-1")
    del bench.archives.kept[gone]

    assert desk("store", "fetch", "p1") == 0
    assert f"could not be used: runs/p1/smoke-1: object {gone[:12]} is not in the store" in desk.out
    assert desk.document("store", "fetch", "p1")["folders"] == ["runs/p1"]

    bench.archives.kept.clear()
    assert desk("store", "fetch", "p1") == 2
    assert "is not in the store" in desk.err


def test_show_says_where_evidence_is_that_is_not_here(desk_with_store: Desk) -> None:
    desk = desk_with_store
    desk("--stage", "dev")

    assert desk("show", "p1") == 0
    assert "runs/p1/smoke-1 (in the store: promote store fetch p1)" in desk.out


def test_what_is_not_in_the_store_cannot_be_fetched(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.archives = FakeArchives()

    assert desk("store", "fetch", "p1") == 2
    assert "the store has nothing of p1" in desk.err
    assert desk("store", "fetch", "p7") == 2
    assert "no release 'p7'" in desk.err


def test_without_a_store_the_verbs_say_how_to_name_one(desk: Desk) -> None:
    for words in (("push",), ("fetch", "p1")):
        assert desk("store", *words) == 2
        assert "STAGEGATE_STORE" in desk.err


def test_an_open_attempt_is_not_pushed(desk: Desk) -> None:
    open_attempt(desk)
    desk.bench.archives = FakeArchives({"runs/p1": {"file": "a"}})
    desk.bench.storage.folders = [Stored(Store.RUN, "p1", 1, 0.0)]

    assert desk.document("store", "push")["folders"] == []


def test_prune_takes_of_the_store_only_what_the_ledger_does_not_refer_to(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    referred = set(bench.archives.kept)
    bench.archives.kept["f" * 64] = "runs/p9"  # a command was killed before it recorded this
    bench.clock.time += 100 * DAY_S

    (item,) = desk.document("prune", "--keep", "0")["items"]
    assert (item["store"], item["name"], item["restored_by"]) == ("object", "f" * 64, None)
    assert desk("prune", "--keep", "0", "--yes") == 0
    assert bench.archives.kept.keys() == referred


def test_what_is_young_may_be_a_commands_that_has_not_recorded_it_yet() -> None:
    young, old = (Stored(Store.OBJECT, name * 64, 1, at) for name, at in (("a", 1.0), ("b", 0.0)))

    assert unneeded(History(), [young, old], 0, DAY_S + 0.5) == (old,)


def test_a_copy_of_a_ledger_leaves_alone_what_its_original_stored_later(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    desk("--stage", "dev")
    bench.archives.kept["f" * 64] = "runs/p2"  # of the original, which went on after it was copied
    bench.archives.written_at = bench.store.records[-1].at + 1.0
    bench.clock.time += 100 * DAY_S

    for _ in range(2):  # that it held the stages itself, is no news
        assert desk.document("prune", "--keep", "0", "--yes")["items"] == []
        bench.clock.time += DAY_S
    assert "f" * 64 in bench.archives.kept


def test_prune_says_that_the_store_restores_what_is_archived(desk_with_store: Desk) -> None:
    desk, bench = desk_with_store, desk_with_store.bench
    for _ in range(3):
        desk("--stage", "dev")
    bench.storage.folders = [Stored(Store.RUN, "p2", 1, 0.0)]

    (item,) = desk.document("prune", "--keep", "0")["items"]
    assert item["restored_by"] == "promote store fetch p2"


def test_a_folder_of_nothing_that_happened_cannot_be_archived(desk: Desk) -> None:
    desk(*green(desk))
    (release,) = state(desk.bench).releases
    ledger = desk.bench.shop().ledger
    for folder in ("runs/p2", "runs/p1/../x", "runs/p1//x", "releases/b", f"releases/{release}/code", "keys"):
        history = state(desk.bench)
        record = ev.Record(history.head + 1, 0.0, ev.Archived(folder, "d"))
        with pytest.raises(IllegalTransition):
            replay([record], history)
    ledger.append([ev.Archived("runs/p1/smoke-1", "d"), ev.Archived("runs/p1/smoke-1", "e")])
    ledger.append([ev.Archived("runs/p1/smoke-1", "d")])
    assert archives_of(state(desk.bench).archives, "runs/p1") == {"runs/p1/smoke-1": ("d", "e")}


def test_doctor_tells_whether_the_store_can_be_used(desk_with_store: Desk) -> None:
    desk, archives = desk_with_store, desk_with_store.bench.archives
    assert desk("doctor") == 0
    assert "memory  an object can be written, read and removed" in desk.out

    archives.down = TryAgain("the store cannot be reached", why="no route", next="try again")
    assert desk("doctor") == 2
    assert "the store cannot be reached: no route" in desk.out
