"""The ObjectStore port on a bucket of S3, or of what speaks its protocol."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from pipeline.adapters.digests import digest_of_file, is_digest
from pipeline.adapters.objects.address import unusable
from pipeline.adapters.objects.s3_failures import MISSING, THERE, code_of, explained
from pipeline.core.errors import ObjectDamaged, ObjectMissing
from pipeline.store import StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

    from pipeline.adapters.objects.address import BucketAddress

_PART = 16 * 1024 * 1024  # bytes; S3 takes ten thousand parts of 5 MiB or more
_ONCE = "*"  # of If-None-Match: only if there is no such object yet


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, how often to ask, and from how many bytes on a file is sent in parts."""

    connect_s: float = 5.0
    read_s: float = 20.0
    attempts: int = 4
    part: int = _PART


class BucketStore:
    """The ObjectStore port on a bucket that exists. Keys are `prefix/space/digest`.

    The library asks again by its standard mode, as often as `patience` says. Nothing is connected before the
    first call, which raises UsageProblem for a reference that names nothing.
    """

    def __init__(
        self, address: BucketAddress, environment: Mapping[str, str], patience: Patience | None = None
    ) -> None:
        self.shown = address.shown
        self._bucket = address.bucket
        self._prefix = address.prefix
        self._patience = patience or Patience()
        # A client may be used by several threads. Two that come first at once make two, each with a session.
        self._secrets = functools.cache(lambda: address.secrets(environment))
        self._client = functools.cache(lambda: _client(address, self._secrets(), self._patience))

    def put(self, space: str, digest: str, file: Path) -> bool:
        """Send the file, on condition that it is not there. S3 compares what arrives with its signature."""
        key = self._key(space, digest)
        with self._explained():
            try:
                if file.stat().st_size > self._patience.part:
                    self._put_in_parts(key, file)
                else:
                    with file.open("rb") as body:
                        self._client().put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch=_ONCE)
            except ClientError as problem:
                if code_of(problem) in THERE:
                    return False
                raise
        return True

    def fetch(self, space: str, digest: str, into: Path) -> None:
        """Load the object, in parts if it is large, and compare it."""
        transfer = TransferConfig(num_download_attempts=self._patience.attempts, use_threads=False)
        loaded = into.with_name(f".{into.name}.loading")
        try:
            with self._explained(), loaded.open("xb") as file:
                try:
                    self._client().download_fileobj(
                        self._bucket, self._key(space, digest), file, Config=transfer
                    )
                except ClientError as problem:
                    if code_of(problem) not in MISSING:
                        raise
                    self._client().head_bucket(Bucket=self._bucket)
                    raise ObjectMissing(digest, self.shown) from None
            found = digest_of_file(loaded)
            if found != digest:
                raise ObjectDamaged(digest, found, self.shown)
            loaded.replace(into)
        finally:
            loaded.unlink(missing_ok=True)

    def objects(self, space: str) -> Iterable[StoredObject]:
        """The keys of the space that are named by a digest, page by page."""
        with self._explained():
            return tuple(self._objects(self._key(space, "")))

    def remove(self, space: str, digest: str) -> None:
        """Remove the key; S3 says the same if there is none."""
        with self._explained():
            self._client().delete_object(Bucket=self._bucket, Key=self._key(space, digest))

    def unfinished(self, space: str) -> Iterable[StoredObject]:
        """Nothing: a key is there whole or not at all; parts that nobody ended are for its own rule."""
        del space
        return ()

    def discard(self, space: str, name: str) -> None:
        """Nothing: see `unfinished`."""
        del space, name

    def _explained(self) -> contextlib.AbstractContextManager[None]:
        return explained(self.shown, lambda: self._secrets().values())

    def _key(self, space: str, digest: str) -> str:
        return f"{self._prefix}{space}/{digest}"

    def _objects(self, prefix: str) -> Iterator[StoredObject]:
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", ()):
                digest, at = found["Key"].removeprefix(prefix), found["LastModified"].timestamp()
                if is_digest(digest):
                    yield StoredObject(digest, found["Size"], at)

    def _put_in_parts(self, key: str, file: Path) -> None:
        client, bucket = self._client(), self._bucket
        upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        try:
            parts: list[CompletedPartTypeDef] = []
            with file.open("rb") as body:
                while block := body.read(self._patience.part):
                    number = len(parts) + 1
                    sent = client.upload_part(
                        Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=block
                    )
                    parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            client.complete_multipart_upload(
                Bucket=bucket,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
                IfNoneMatch=_ONCE,
            )
        except BaseException:
            # Parts that nobody ends cost until they are removed; what went wrong matters more than this.
            with contextlib.suppress(Exception):
                client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
            raise


def _client(address: BucketAddress, secrets: Mapping[str, str], patience: Patience) -> S3Client:
    """A client of a session of its own; without references, the library looks for credentials itself.

    Raises UsageProblem for what cannot be used of the address.
    """
    if address.ca_bundle and not Path(address.ca_bundle).is_file():
        raise unusable(f"its ca_bundle {address.ca_bundle} is not there")
    session = boto3.session.Session(
        aws_access_key_id=secrets.get("access_key"),
        aws_secret_access_key=secrets.get("secret_key"),
        aws_session_token=secrets.get("session_token"),
        region_name=address.region or None,
    )
    config = Config(
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        # Servers that are not Amazon's have no name for each bucket, and do not all know its newer checksums.
        s3={"addressing_style": "path" if address.endpoint else "auto", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        return session.client(
            "s3",
            endpoint_url=address.endpoint or None,
            # Every request is signed for a region; of others than Amazon's, most take this one.
            region_name=session.region_name or "us-east-1",
            verify=address.ca_bundle or None,
            config=config,
        )
    except ValueError as problem:  # not all that a URL may have may a host have
        raise unusable(str(problem)) from None
