import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from subunit.v2 import StreamResultToBytes

from suites.api.stream import Ended, Status, read_stream

CLASS = "tempest.api.identity.v3.test_tokens.TokensV3Test"
TEST = f"{CLASS}.test_create_token"
TAGGED = f"{TEST}[id-6f8e4436-fc96-4282-8122-e41df57197a9,smoke]"
TRACEBACK = b"""Traceback (most recent call last):

  File "/x/test_tokens.py", line 44, in test_create_token
    raise AssertionError
tempest.lib.exceptions.Forbidden: Forbidden
Details: {'code': 403}
"""


def stream(*events: Sequence[str | bytes]) -> bytes:
    """Write a stream, an event a second: (test, status), or (test, status, file, content)."""
    out = io.BytesIO()
    writer = StreamResultToBytes(out)
    for second, (test, status, *attachment) in enumerate(events):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        if attachment:
            name, content = attachment
            writer.status(test_id=test, file_name=name, file_bytes=content, timestamp=moment)
        writer.status(test_id=test, test_status=status, timestamp=moment)
    return out.getvalue()


def test_a_test_that_passed_has_its_name_without_tags_and_its_time() -> None:
    said = read_stream(stream((TAGGED, "exists"), (TAGGED, "inprogress"), (TAGGED, "success")))
    assert said.broken is None
    assert said.ended == (Ended(TEST, "", Status.PASSED, "", 1.0),)


def test_a_test_that_failed_says_what_was_raised_and_not_from_where() -> None:
    (ended,) = read_stream(stream((TAGGED, "inprogress"), (TAGGED, "fail", "traceback", TRACEBACK))).ended
    assert ended.status is Status.FAILED
    assert ended.why == "tempest.lib.exceptions.Forbidden: Forbidden Details: {'code': 403}"


def test_a_test_that_was_skipped_says_its_reason() -> None:
    said = read_stream(stream((TAGGED, "skip", "reason", b"Glance is not there.")))
    assert said.ended == (Ended(TEST, "", Status.SKIPPED, "Glance is not there.", 0.0),)


@pytest.mark.parametrize("step", ["setUpClass", "tearDownClass"])
def test_what_happens_to_a_whole_class_is_told_apart(step: str) -> None:
    (ended,) = read_stream(stream((f"{step} ({CLASS})", "fail", "traceback", TRACEBACK))).ended
    assert (ended.test, ended.step, ended.status) == (CLASS, step, Status.FAILED)


def test_a_test_whose_worker_died_has_begun_and_not_ended() -> None:
    (ended,) = read_stream(stream((TAGGED, "exists"), (TAGGED, "inprogress"))).ended
    assert ended.status is Status.BEGUN
    assert ended.why == "it began and did not end: its worker died"


def test_a_test_that_was_only_listed_did_not_run() -> None:
    assert read_stream(stream((TAGGED, "exists"), ("other", "success"))).ended == (
        Ended("other", "", Status.PASSED, "", 0.0),
    )


def test_an_expected_failure_proves_nothing_and_an_unexpected_success_is_a_failure() -> None:
    said = read_stream(stream(("a", "xfail"), ("b", "uxsuccess")))
    assert [ended.status for ended in said.ended] == [Status.SKIPPED, Status.FAILED]


def test_a_stream_cut_off_anywhere_never_says_more_than_the_whole_one() -> None:
    whole = stream((TAGGED, "inprogress"), (TAGGED, "success"), ("b", "inprogress"), ("b", "success"))
    everything = read_stream(whole).ended
    for length in range(len(whole)):
        said = read_stream(whole[:length])
        passed = [ended for ended in said.ended if ended.status is Status.PASSED]
        assert said.broken is not None or all(ended in everything for ended in passed)
        assert len(passed) < len(everything)
    assert read_stream(whole[:-3]).broken == "the stream of results is broken off in the middle"


@pytest.mark.parametrize("content", [b"", b"Traceback: nothing of a stream\n"])
def test_a_stream_without_a_test_is_called_broken(content: bytes) -> None:
    assert read_stream(content).broken is not None
    assert read_stream(content).ended == ()
