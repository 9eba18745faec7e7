"""Each shard's evidence is put into the store by its own process; what was cut off, by whoever goes on."""

import pytest
from ci_ways import deployed
from desk import Desk

from pipeline.core import events as ev
from pipeline.core.archives import complete, folders_of
from pipeline.core.attempt import Attempt
from pipeline.core.plan_digest import digest_of
from pipeline.core.shard import Shard
from pipeline.testing import FakeArchives

SHARD = ("ci", "shard", "smoke", "1/1", "--stage", "dev")
FOLDER = "runs/p1/smoke-shard-1-of-1-1"


@pytest.fixture
def handed(desk: Desk) -> Desk:
    """A promotion that waits for its gates to be judged by others; a shard leaves a file."""
    desk.bench.archives = FakeArchives({"runs/p1": {"beside": "picture"}})
    assert desk(*deployed(desk)) == 0
    desk.bench.archives.folders[FOLDER] = {"file": "junit"}
    return desk


def archived(desk: Desk) -> list[str]:
    records = desk.bench.store.records
    return [record.event.folder for record in records if isinstance(record.event, ev.Archived)]


def attempt(desk: Desk) -> Attempt:
    return desk.bench.shop().history().attempts["p1"]


def test_a_shard_leaves_its_evidence_in_the_store_and_the_last_job_adds_nothing_to_it(handed: Desk) -> None:
    before = archived(handed)
    assert FOLDER not in before

    assert handed(*SHARD) == 0
    assert archived(handed) == [*before, FOLDER]
    assert FOLDER in complete(attempt(handed))
    assert handed("resume", "--stage", "dev") == 0
    assert archived(handed).count(FOLDER) == 1


def test_show_says_that_the_store_has_what_a_shard_elsewhere_has_left(handed: Desk) -> None:
    handed(*SHARD)
    handed("show", "p1")
    assert f"{FOLDER} (in the store: promote store fetch p1)" in handed.out
    assert handed("resume", "--stage", "dev") == 0
    assert {"runs/p1", FOLDER} <= set(handed.document("store", "fetch", "p1")["folders"])


def test_what_a_shard_at_work_writes_is_left_to_it_and_then_to_whoever_goes_on(handed: Desk) -> None:
    shop, now = handed.bench.shop(), attempt(handed)
    begun = ev.ShardStarted("p1", "smoke", Shard(1, 1), 1, FOLDER, now.release, digest_of(now.plan))
    shop.ledger.append([begun])

    folders = folders_of(attempt(handed))
    assert FOLDER not in folders
    assert FOLDER in folders["runs/p1"], "nor is it in what lies beside"
    assert FOLDER not in complete(attempt(handed))
    assert handed("resume", "--stage", "dev") == 0
    assert FOLDER in archived(handed)
