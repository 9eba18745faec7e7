"""A real MongoDB client, based on pymongo.

Request: `{"hosts": ["10.0.0.1:27017"], "replica_set", "user", "password": {"file"} or {"env"}}`, and `"row"`
to write one, read it back from each member itself, and delete it.
Answer: `{"views": {host: {member: state}}}`, each member's view of all; with a row `{"read": {host: bool}}`.
A member that can't be reached has the view `{}`, and no row.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pymongo import MongoClient, ReadPreference
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from suites.seam.target import SecretReference

WITHIN_MS = 5000
REPLICATED_WITHIN_S = 5.0
DATABASE, COLLECTION = "stagegate", "probe"


Connect = Callable[..., MongoClient[dict[str, Any]]]


def answer(
    hosts: list[str], replica_set: str, user: str, password: SecretReference, row: str | None = None
) -> Mapping[str, object]:
    """Read every member's view, or write a row and read it from each. Raises pymongo's exceptions."""
    connect: Connect = partial(
        MongoClient,
        username=user,
        password=password.read(),
        serverSelectionTimeoutMS=WITHIN_MS,
        connectTimeoutMS=WITHIN_MS,
        socketTimeoutMS=WITHIN_MS,
    )
    if row is None:
        return {"views": {host: _view(connect, host) for host in hosts}}
    with connect(hosts, replicaSet=replica_set) as whole:
        rows = whole[DATABASE].get_collection(COLLECTION, write_concern=WriteConcern("majority", WITHIN_MS))
        rows.insert_one({"_id": row})
        try:
            return {"read": {host: _is_on(connect, host, row) for host in hosts}}
        finally:
            rows.delete_one({"_id": row})


def _view(connect: Connect, host: str) -> Mapping[str, str]:
    try:
        with connect([host], directConnection=True) as one:
            status = one.admin.command("replSetGetStatus")
    except PyMongoError:
        return {}  # the check reports it; the others are still asked
    return {str(member["name"]): str(member["stateStr"]) for member in status["members"]}


def _is_on(connect: Connect, host: str, row: str) -> bool:
    """Poll a member until it has the row: a majority has it already, the others soon."""
    end = time.monotonic() + REPLICATED_WITHIN_S
    try:
        with connect([host], directConnection=True) as one:
            rows = one[DATABASE].get_collection(
                COLLECTION, read_preference=ReadPreference.SECONDARY_PREFERRED
            )
            while rows.find_one({"_id": row}) is None:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.1)
            return True
    except PyMongoError:
        return False
