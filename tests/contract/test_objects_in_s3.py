"""A bucket whose server fails, is slow, cuts off what it says, or lets nobody in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from object_grounds import QUICK, SPACE, bucket_store, fetched, file_of
from s3_server import Server, environment

from pipeline.adapters.objects.s3 import BucketStore
from pipeline.adapters.objects.s3_failures import explained
from pipeline.core.errors import ObjectMissing, StagegateError, TryAgain, UsageProblem
from pipeline.store import ObjectStore


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


def test_what_the_library_repeats_of_a_header_is_not_told(
    healthy: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    # Keys that the library has found itself: no reference is resolved, so none is refused.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own\ns3cret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    store = bucket_store(healthy.url("any").partition("&access_key")[0])

    with pytest.raises(StagegateError) as caught:
        store.put(SPACE, digest, file)
    assert "Invalid header value" in caught.value.why
    assert "s3cret" not in " ".join(caught.value.lines())


def test_an_answer_that_repeats_a_secret_is_told_without_it() -> None:
    answer: ClientError = ClientError(
        {"Error": {"Code": "InvalidAccessKeyId", "Message": "there is no key a/s3cret+, or a%2Fs3cret%2B"}},
        "PutObject",
    )
    with pytest.raises(UsageProblem) as caught, explained("there", lambda: ["a/s3cret+", ""]):
        raise answer
    assert caught.value.why == "InvalidAccessKeyId: there is no key ***, or ***"


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


def test_a_server_without_conditional_writes_is_no_failure_that_passes(
    healthy: Server, s3: BucketStore, tmp_path: Path
) -> None:
    digest, file = file_of(tmp_path, b"evidence")
    healthy.faults.plan("501", "PUT")
    healthy.faults.asked.clear()

    with pytest.raises(UsageProblem, match="cannot do what is needed") as caught:
        s3.put(SPACE, digest, file)
    assert "conditional writes" in caught.value.why
    assert "NotImplemented" in caught.value.why
    assert len(healthy.faults.asked) == 1
