"""The address of a store: which store it is, and that no secret is in it."""

from pathlib import Path

import pytest

from pipeline.adapters.objects.address import BucketAddress, FolderAddress, parse
from pipeline.adapters.surroundings import inherited
from pipeline.core.errors import UsageProblem

KEYS = "access_key=env:STORE_KEY&secret_key=file:/run/secret"


def test_a_folder_is_named_by_its_path() -> None:
    assert parse("file:///srv/the%20store") == FolderAddress(Path("/srv/the store"))


def test_a_bucket_has_a_prefix_an_endpoint_and_references() -> None:
    url = f"s3://a-bucket/one/two/?endpoint=https://s3.example.org:8080/&region=r&ca_bundle=/ca&{KEYS}"
    references = {"access_key": "env:STORE_KEY", "secret_key": "file:/run/secret"}
    found = parse(url)
    assert found == BucketAddress(
        "a-bucket", "one/two/", "https://s3.example.org:8080", "r", "/ca", references
    )
    assert found.shown == "s3://a-bucket/one/two/ at https://s3.example.org:8080"


def test_all_but_the_bucket_may_be_left_to_the_library() -> None:
    assert parse("s3://a-bucket") == BucketAddress("a-bucket", "", "", "", "", {})


def test_secrets_come_from_where_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    found = parse(f"s3://a-bucket?access_key=env:STORE_KEY&secret_key=file:{tmp_path}/secret")
    assert isinstance(found, BucketAddress)

    assert found.secrets({"STORE_KEY": "key"}) == {"access_key": "key", "secret_key": "s3cret"}
    with pytest.raises(UsageProblem) as caught:
        found.secrets({})
    assert "STORE_KEY, which is not set" in caught.value.why


@pytest.mark.parametrize(
    "value", ["s3c\nret", "s3c\tret", "s3c ret", "s3c\rret", " s3cret", "s3cr\x7fet", "s3crét"]
)
def test_a_secret_that_no_request_can_have_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    (tmp_path / "secret").write_text(value, newline="")
    for url, name in (
        (
            f"s3://a-bucket?access_key=env:KEY&secret_key=file:{tmp_path}/secret",
            f"the file {tmp_path}/secret",
        ),
        ("s3://a-bucket?access_key=env:BAD&secret_key=env:KEY", "the variable BAD"),
    ):
        found = parse(url)
        assert isinstance(found, BucketAddress)
        with pytest.raises(UsageProblem) as caught:
            found.secrets({"KEY": "key", "BAD": value})
        assert name in caught.value.why
        assert "s3c" not in caught.value.why.lower().replace("/secret", "")
        assert caught.value.__cause__ is None


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    found = parse(f"s3://a-bucket?access_key=env:KEY&secret_key=file:{tmp_path}/secret")
    assert isinstance(found, BucketAddress)
    with pytest.raises(UsageProblem) as caught:
        found.secrets({"KEY": "key"})
    assert "which is empty" in caught.value.why


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://s3.example.org/s3cret", "begins neither"),
        ("s3cret", "begins neither"),
        ("file://host/s3cret", "absolute path"),
        ("file:///srv?key=s3cret", "absolute path"),
        ("file:s3cret", "absolute path"),
        ("s3://key:s3cret@a-bucket", "name of a bucket"),
        ("s3://a-bucket:80", "name of a bucket"),
        ("s3:///prefix", "name of a bucket"),
        ("s3://a-bucket?secret=s3cret", "its parameters are"),
        ("s3://a-bucket?s3cret", "read as a URL"),
        ("s3://a-bucket?region=a&region=b", "each once"),
        ("s3://a-bucket?access_key=key&secret_key=s3cret", "refer to it instead: access_key=env:NAME"),
        ("s3://a-bucket?access_key=env:KEY&secret_key=s3cret", "refer to it instead: secret_key=env:NAME"),
        ("s3://a-bucket?secret_key=env:S3CRET", "come together"),
        ("s3://a-bucket?session_token=env:S3CRET", "come together"),
        ("s3://a-bucket/a b", "advises against"),
        ("s3://a-bucket?endpoint=s3.example.org", "its endpoint is"),
        ("s3://a-bucket?endpoint=https://key:s3cret@s3.example.org", "its endpoint is"),
        ("s3://a-bucket?endpoint=https://[s3cret", "its endpoint cannot be read"),
        ("s3://[s3cret", "read as a URL"),
    ],
)
def test_an_address_that_is_wrong_is_told_without_repeating_it(url: str, why: str) -> None:
    with pytest.raises(UsageProblem, match="the address in STAGEGATE_STORE cannot be used") as caught:
        parse(url)
    assert why in caught.value.why
    assert "s3cret" not in " ".join(caught.value.lines())


def test_what_opens_a_store_reaches_no_child() -> None:
    ours = {"STORE_KEY": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PROFILE": "p"}
    url = f"s3://a-bucket?{KEYS}"

    assert inherited({"STAGEGATE_STORE": url, "PATH": "/bin", **ours}) == {"PATH": "/bin"}
    assert inherited(ours) == ours  # without a store they are for something else
