"""The store at an address."""

from collections.abc import Mapping

from pipeline.adapters.objects.address import FolderAddress, parse
from pipeline.adapters.objects.folder import FolderStore
from pipeline.store import ObjectStore


def open_store(url: str, environment: Mapping[str, str]) -> ObjectStore:
    """The store at this address. Connects to nothing. Raises UsageProblem for an unusable address."""
    address = parse(url)
    if isinstance(address, FolderAddress):
        return FolderStore(address)
    from pipeline.adapters.objects.s3 import BucketStore  # noqa: PLC0415 - boto3 is slow to load

    return BucketStore(address, environment)
