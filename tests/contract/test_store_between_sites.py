"""Two sites that share a ledger and a bucket: what one has pinned and proved, the other can have."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from s3_server import KEYS, running

from pipeline.bootstrap.office import Place
from pipeline.bootstrap.workshop import open_workshop
from pipeline.core import events as ev
from pipeline.core.errors import ObjectMissing, UsageProblem
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.engine.archives import bring, push
from pipeline.engine.checkup import checkup
from pipeline.testing import Quiet
from pipeline.tool_ports import Checkup
from pipeline.workshop import Workshop

STAGES = StageGraph((StageSpec("dev", None, ("smoke",), lab=True),))
TRACE = "deep/trace.jsonl"


class Sites:
    """Sites of one checkout; the ledger goes from one to the next."""

    def __init__(self, folder: Path, store: str) -> None:
        self.quiet = Quiet()
        self._folder = folder
        self._store = store

    @contextmanager
    def workshop(self, name: str) -> Iterator[Workshop]:
        with open_workshop(Place(self._folder / name, store=self._store), self.quiet) as shop:
            yield shop

    def hand_over(self, before: str, after: str) -> None:
        (self._folder / after).mkdir()
        shutil.copy(self._folder / before / "ledger.sqlite", self._folder / after)


@pytest.fixture
def sites(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sites]:
    monkeypatch.chdir(repository)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with running() as server:
        yield Sites(tmp_path, server.bucket())


def proved(shop: Workshop) -> str:
    """Pin the checkout and leave evidence of an attempt; return the release."""
    checkout = shop.revisions.identify(None)
    shop.revisions.materialise(checkout)
    release = checkout.pin.id
    started = ev.AttemptStarted("p1", "p1", Kind.GATE, "dev", release, ("smoke",), 1)
    aborted = ev.AbortRequested("p1", keep=True)
    shop.ledger.append([ev.ReleasePinned(release, "r1", checkout.pin, STAGES), started, aborted])
    shop.ledger.append([ev.AttemptEnded("p1", Outcome.ABORTED)])
    trace = shop.site / "runs/p1" / TRACE
    trace.parent.mkdir(parents=True)
    trace.write_text("seen")
    return release


def test_what_one_site_has_pinned_and_proved_comes_to_another(sites: Sites) -> None:
    with sites.workshop("one") as shop:
        release = proved(shop)
        assert shop.archives is not None
        assert push(shop, shop.archives) == (f"releases/{release}", "runs/p1")
    sites.hand_over("one", "two")

    with sites.workshop("two") as shop:
        shop.revisions.require_copy(release)
        assert any(
            f"the copy of release {release[:12]} came from s3://" in one for one in sites.quiet.messages
        )
        assert shop.archives is not None
        assert list(bring(shop, shop.archives, "runs/p1")) == ["runs/p1"]
        assert (shop.site / "runs/p1" / TRACE).read_text() == "seen"


def test_what_nobody_has_put_into_the_store_is_missed_as_without_one(sites: Sites) -> None:
    with sites.workshop("one") as shop:
        release = proved(shop)
    sites.hand_over("one", "two")

    with sites.workshop("two") as shop, pytest.raises(UsageProblem, match="copy is not in this site"):
        shop.revisions.require_copy(release)


def test_what_was_removed_from_the_bucket_is_told(sites: Sites) -> None:
    with sites.workshop("one") as shop:
        release = proved(shop)
        assert shop.archives is not None
        push(shop, shop.archives)
        for one in shop.archives.objects((shop.ledger.digest(1) or "")[:16]):
            shop.archives.remove((shop.ledger.digest(1) or "")[:16], one.digest)
    sites.hand_over("one", "two")

    with sites.workshop("two") as shop, pytest.raises(ObjectMissing, match="is not in the store"):
        shop.revisions.require_copy(release)


def test_the_doctor_uses_the_bucket(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    with sites.workshop("one") as shop:
        monkeypatch.setattr(type(shop.tools), "doctor", lambda *_: Checkup(()))
        assert checkup(shop, None).fit
        assert shop.archives is not None
        assert list(shop.archives.objects("probe")) == []
    monkeypatch.setenv("STORE_SECRET", "")
    with sites.workshop("one") as shop:
        (finding,) = checkup(shop, None).findings
        assert "STORE_SECRET, which is not set" in finding.seen
