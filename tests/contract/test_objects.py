"""A store of objects: what is put under a digest comes back as it was, once, or not at all."""

import os
import threading
from pathlib import Path

import pytest
from object_grounds import SPACE, fetched, file_of

from pipeline.adapters.archives import SiteArchives
from pipeline.adapters.objects.address import FolderAddress
from pipeline.adapters.objects.folder import FolderStore
from pipeline.adapters.objects.opening import open_store
from pipeline.adapters.objects.s3 import BucketStore
from pipeline.core.errors import ObjectDamaged, ObjectMissing, UsageProblem
from pipeline.store import PROBES, ObjectStore, StoredObject


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        (tmp_path / "store").mkdir()
        return FolderStore(FolderAddress(tmp_path / "store"))
    found: ObjectStore = request.getfixturevalue("s3")
    return found


def test_what_was_put_comes_back(store: ObjectStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")

    assert store.put(SPACE, digest, file)
    assert fetched(store, digest, tmp_path) == b"evidence"


def test_an_object_is_written_once(store: ObjectStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")

    assert [store.put(SPACE, digest, file) for _ in range(2)] == [True, False]
    (one,) = store.objects(SPACE)
    assert (one.digest, one.size) == (digest, 8)


def test_of_many_who_put_the_same_one_has_put_it(store: ObjectStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    begun, put = threading.Barrier(4), list[bool]()

    def racer() -> None:
        begun.wait()
        put.append(store.put(SPACE, digest, file))

    racers = [threading.Thread(target=racer) for _ in range(4)]
    for one in racers:
        one.start()
    for one in racers:
        one.join()
    assert sorted(put) == [False, False, False, True]


def test_an_object_of_many_parts_comes_back(store: ObjectStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 48 * 1024  # 12 MiB: three parts
    digest, file = file_of(tmp_path, content)

    assert [store.put(SPACE, digest, file) for _ in range(2)] == [True, False]
    assert fetched(store, digest, tmp_path) == content


def test_an_empty_file_is_an_object_too(store: ObjectStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"")

    assert store.put(SPACE, digest, file)
    assert fetched(store, digest, tmp_path) == b""


def test_objects_are_listed_in_their_order_and_gone_once_they_are_removed(
    store: ObjectStore, tmp_path: Path
) -> None:
    digests = sorted(file_of(tmp_path, bytes([number]))[0] for number in range(3))
    for digest in digests:
        store.put(SPACE, digest, tmp_path / digest[:8])
    assert [one.digest for one in store.objects(SPACE)] == digests

    store.remove(SPACE, digests[1])
    store.remove(SPACE, digests[1])
    assert [one.digest for one in store.objects(SPACE)] == [digests[0], digests[2]]
    with pytest.raises(ObjectMissing, match=digests[1][:12]):
        store.fetch(SPACE, digests[1], tmp_path / "fetched")


def test_what_a_killed_put_left_is_no_object_and_can_be_discarded(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    store = FolderStore(FolderAddress(tmp_path / "store"))
    left = tmp_path / "store" / SPACE / ".new-abc"
    left.mkdir(parents=True)
    (left / "9").write_bytes(b"half")
    os.utime(left / "9", (5_000, 5_000))
    os.utime(left, (4_000, 4_000))
    assert list(store.objects(SPACE)) == []
    assert list(store.unfinished(SPACE)) == [StoredObject(".new-abc", 4, 5_000)]
    assert list(store.unfinished("other")) == []

    store.discard(SPACE, ".new-abc")
    store.discard(SPACE, ".new-abc")
    assert not left.exists()
    digest, file = file_of(tmp_path, b"evidence")
    store.put(SPACE, digest, file)
    assert list(store.unfinished(SPACE)) == [], "a put that ends leaves nothing"


def test_what_is_not_named_by_a_digest_is_not_ours(
    store: ObjectStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if isinstance(store, FolderStore):
        (tmp_path / "store" / SPACE).mkdir()
        (tmp_path / "store" / SPACE / "README").touch()
    else:
        client, bucket = request.getfixturevalue("healthy").client(), store.shown.split("/")[2]
        client.put_object(Bucket=bucket, Key=f"stagegate/{SPACE}/README", Body=b"")

    assert list(store.objects(SPACE)) == []


def test_spaces_know_nothing_of_each_other(store: ObjectStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    store.put(SPACE, digest, file)

    assert list(store.objects("another")) == []
    with pytest.raises(ObjectMissing):
        store.fetch("another", digest, tmp_path / "fetched")
    store.remove("another", digest)
    assert fetched(store, digest, tmp_path) == b"evidence"


def test_what_is_not_as_its_digest_says_is_refused_and_leaves_no_file(
    store: ObjectStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    store.put(SPACE, digest, file)
    if isinstance(store, FolderStore):
        (tmp_path / "store" / SPACE / digest).write_bytes(b"forged!!")
    else:
        request.getfixturevalue("healthy").faults.plan("changed", "GET")

    with pytest.raises(ObjectDamaged, match="is damaged") as caught:
        store.fetch(SPACE, digest, tmp_path / "fetched")
    assert not [path for path in tmp_path.iterdir() if "fetched" in path.name]
    assert "nothing of it was used" in caught.value.why


def test_a_folder_that_is_not_mounted_is_not_made(tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    store = FolderStore(FolderAddress(tmp_path / "store"))

    with pytest.raises(UsageProblem, match="is not there") as caught:
        store.put(SPACE, digest, file)
    assert "mounted" in caught.value.why
    assert not (tmp_path / "store").exists()


def test_a_file_that_changes_before_it_is_stored_is_not_stored(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    digest, file = file_of(tmp_path, b"evidence")
    file.write_bytes(b"changed")
    store = FolderStore(FolderAddress(tmp_path / "store"))

    with pytest.raises(ObjectDamaged):
        store.put(SPACE, digest, file)
    assert list(store.objects(SPACE)) == []


def test_the_address_decides_which_store_it_is(tmp_path: Path) -> None:
    assert isinstance(open_store(tmp_path.as_uri(), {}), FolderStore)
    assert isinstance(open_store("s3://bucket/prefix", {}), BucketStore)


def test_a_probe_is_an_object_where_prune_looks_for_those_that_were_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store").mkdir()
    store = FolderStore(FolderAddress(tmp_path / "store"))
    monkeypatch.setattr(store, "remove", lambda _space, _digest: None)

    SiteArchives(tmp_path, store, print).probe()
    assert len(tuple(SiteArchives(tmp_path, store, print).objects(PROBES))) == 1
