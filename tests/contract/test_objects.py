"""A store of objects: what is put under a digest comes back as it was, once, or not at all."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from s3_server import Server, environment, running

from pipeline.adapters.objects.address import BucketAddress, FolderAddress, parse
from pipeline.adapters.objects.folder import FolderStore
from pipeline.adapters.objects.opening import open_store
from pipeline.adapters.objects.s3 import BucketStore, Patience
from pipeline.core.errors import ObjectDamaged, ObjectMissing, TryAgain, UsageProblem
from pipeline.store import ObjectStore

QUICK = Patience(connect_s=1.0, read_s=0.7, attempts=3, part=5 * 1024 * 1024)
SPACE = "3fa2b1c4"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture
def healthy(server: Server) -> Iterator[Server]:
    """The server, which has no fault left over from another test."""
    server.faults.planned.clear()
    server.faults.asked.clear()
    yield server
    assert not server.faults.planned, "a fault that nobody met"


def bucket_store(url: str, patience: Patience = QUICK, **more: str) -> BucketStore:
    address = parse(url)
    assert isinstance(address, BucketAddress)
    return BucketStore(address, environment(**more), patience)


@pytest.fixture
def s3(healthy: Server) -> BucketStore:
    return bucket_store(healthy.bucket())


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        (tmp_path / "store").mkdir()
        return FolderStore(FolderAddress(tmp_path / "store"))
    found: ObjectStore = request.getfixturevalue("s3")
    return found


def file_of(folder: Path, content: bytes) -> tuple[str, Path]:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / digest[:8]
    path.write_bytes(content)
    return digest, path


def fetched(store: ObjectStore, digest: str, folder: Path, space: str = SPACE) -> bytes:
    into = folder / "fetched"
    store.fetch(space, digest, into)
    return into.read_bytes()


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


@pytest.mark.parametrize("fault", ["500", "slow", "lost"])
def test_a_server_that_fails_once_is_asked_again(
    healthy: Server, s3: BucketStore, tmp_path: Path, fault: str
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    healthy.faults.plan(fault, "PUT")
    healthy.faults.asked.clear()

    # Of what was not heard it is put; that the second time it is there already is no failure.
    assert s3.put(SPACE, digest, file) is (fault != "lost")
    assert len(healthy.faults.asked) == 2
    assert fetched(s3, digest, tmp_path) == b"evidence"


@pytest.mark.parametrize("fault", ["500", "slow", "lost"])
def test_a_server_that_keeps_failing_is_told_to_be_down_after_a_bounded_number_of_tries(
    healthy: Server, s3: BucketStore, tmp_path: Path, fault: str
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    healthy.faults.plan(fault, "PUT", QUICK.attempts)
    healthy.faults.asked.clear()

    with pytest.raises(TryAgain, match="the store") as caught:
        s3.put(SPACE, digest, file)
    assert len(healthy.faults.asked) == QUICK.attempts
    assert caught.value.where == s3.shown


def test_a_body_that_was_cut_off_is_loaded_again(healthy: Server, s3: BucketStore, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence" * 1000)
    s3.put(SPACE, digest, file)
    healthy.faults.plan("truncated", "GET")

    assert fetched(s3, digest, tmp_path) == b"evidence" * 1000


def test_a_body_that_is_always_cut_off_leaves_no_file(
    healthy: Server, s3: BucketStore, tmp_path: Path
) -> None:
    digest, file = file_of(tmp_path, b"evidence" * 1000)
    s3.put(SPACE, digest, file)
    healthy.faults.plan("truncated", "GET", QUICK.attempts)

    with pytest.raises(TryAgain, match="cannot be reached"):
        s3.fetch(SPACE, digest, tmp_path / "fetched")
    assert not [path for path in tmp_path.iterdir() if "fetched" in path.name]


def test_a_part_that_fails_is_sent_again_and_what_fails_for_good_leaves_no_parts(
    healthy: Server, s3: BucketStore, tmp_path: Path
) -> None:
    digest, file = file_of(tmp_path, bytes(6 * 1024 * 1024))
    healthy.faults.plan("500", "PUT", QUICK.attempts)
    with pytest.raises(TryAgain):
        s3.put(SPACE, digest, file)
    bucket = s3.shown.split("/")[2]
    assert "Uploads" not in healthy.client().list_multipart_uploads(Bucket=bucket)
    assert list(s3.objects(SPACE)) == []

    healthy.faults.plan("500", "PUT")
    assert s3.put(SPACE, digest, file)


def test_a_bucket_that_is_missing_is_told_whatever_is_asked(healthy: Server, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    store = bucket_store(healthy.url("nobody-made-it"))

    for ask in (
        lambda: store.put(SPACE, digest, file),
        lambda: store.fetch(SPACE, digest, tmp_path / "fetched"),
        lambda: store.objects(SPACE),
        lambda: store.remove(SPACE, digest),
    ):
        with pytest.raises(UsageProblem, match="the store is not there") as caught:
            ask()
        assert not isinstance(caught.value, ObjectMissing)
        assert "nobody-made-it" in caught.value.where


@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("PUT", lambda store, digest, file: store.put(SPACE, digest, file)),
        ("GET", lambda store, digest, file: store.fetch(SPACE, digest, file.with_name("fetched"))),
        ("GET", lambda store, _digest, _file: store.objects(SPACE)),
        ("DELETE", lambda store, digest, _file: store.remove(SPACE, digest)),
    ],
    ids=["put", "fetch", "objects", "remove"],
)
def test_a_key_that_may_not_is_told_at_once(
    healthy: Server,
    s3: BucketStore,
    tmp_path: Path,
    method: str,
    ask: Callable[[ObjectStore, str, Path], object],
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    healthy.faults.plan("denied", method)
    healthy.faults.asked.clear()

    with pytest.raises(UsageProblem, match="does not allow this") as caught:
        ask(s3, digest, file)
    assert len(healthy.faults.asked) == 1
    assert "operate.md" in caught.value.next


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    url = "s3://bucket?endpoint=http://127.0.0.1:1&access_key=env:STORE_KEY&secret_key=env:STORE_SECRET"

    with pytest.raises(TryAgain, match="cannot be reached") as caught:
        bucket_store(url).put(SPACE, digest, file)
    assert "127.0.0.1:1" in caught.value.lines()[1]


def test_no_error_has_a_secret(healthy: Server, tmp_path: Path) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    store = bucket_store(healthy.bucket())
    healthy.faults.plan("denied", "PUT")

    with pytest.raises(UsageProblem) as caught:
        store.put(SPACE, digest, file)
    told = " ".join([*caught.value.lines(), str(caught.value.__cause__)])
    assert not [secret for secret in environment().values() if secret in told]


def test_a_reference_that_names_nothing_is_told_at_the_first_call(healthy: Server) -> None:
    url = healthy.bucket().replace("env:STORE_SECRET", "env:NOT_SET")

    with pytest.raises(UsageProblem, match="STAGEGATE_STORE") as caught:
        bucket_store(url).objects(SPACE)
    assert "NOT_SET, which is not set" in caught.value.why


@pytest.mark.parametrize(
    ("parameter", "why"),
    [
        ("endpoint=http://bad_host", "Invalid endpoint: http://bad_host"),
        ("ca_bundle=/nowhere/ca", "its ca_bundle /nowhere/ca is not there"),
    ],
)
def test_what_the_library_cannot_use_of_an_address_is_told(parameter: str, why: str) -> None:
    with pytest.raises(UsageProblem, match="the address in STAGEGATE_STORE cannot be used") as caught:
        bucket_store(f"s3://a-bucket?{parameter}").objects(SPACE)
    assert caught.value.why == why


def test_without_any_key_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(UsageProblem, match="the store lets nobody in"):
        bucket_store("s3://a-bucket?endpoint=http://127.0.0.1:1").objects(SPACE)


def test_the_address_decides_which_store_it_is(tmp_path: Path) -> None:
    assert isinstance(open_store(tmp_path.as_uri(), {}), FolderStore)
    assert isinstance(open_store("s3://bucket/prefix", {}), BucketStore)
