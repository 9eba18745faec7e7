"""Stores of objects to be tried: a bucket of moto's server, with faults, and what tests do with them all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3_server import SLOW_S, Server, environment, running

from pipeline.adapters.objects.address import BucketAddress, parse
from pipeline.adapters.objects.s3 import BucketStore, Patience
from pipeline.store import ObjectStore

QUICK = Patience(connect_s=1.0, read_s=SLOW_S - 1, attempts=3, part=5 * 1024 * 1024)
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


def file_of(folder: Path, content: bytes) -> tuple[str, Path]:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / digest[:8]
    path.write_bytes(content)
    return digest, path


def fetched(store: ObjectStore, digest: str, folder: Path, space: str = SPACE) -> bytes:
    into = folder / "fetched"
    store.fetch(space, digest, into)
    return into.read_bytes()
