"""Asks programs of OVN and Open vSwitch at their sockets, without a process for each question."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed

# JSON-RPC, for the databases as for what ovn-appctl does.
CALL = """
import json, socket, sys
def call(path, method, params):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(path)
        s.sendall(json.dumps({"id": 0, "method": method, "params": params}).encode())
        text, answer = "", json.JSONDecoder()
        while part := s.recv(65536):
            text += part.decode()
            try:
                return answer.raw_decode(text)[0]
            except ValueError:
                continue
    raise SystemExit(f"{path} gave no answer")
json.dump([call(*one) for one in json.loads(sys.argv[1])], sys.stdout)
"""
Call = tuple[str, str, Sequence[Any]]


def selecting(socket: str, database: str, table: str, *columns: str) -> Call:
    """Return the call that reads columns of all rows of a table."""
    row = {"op": "select", "table": table, "where": [], "columns": list(columns)}
    return socket, "transact", [database, row]


def script(*calls: Call) -> str:
    """Return the script that makes calls: of a socket, a method, and what it takes."""
    return shlex.join(["python3", "-IS", "-c", CALL, json.dumps(calls)])


def parse(text: str, count: int) -> list[Any]:
    """Parse the results of as many calls. Raises ReadingFailed, also if one was refused."""
    try:
        answers = TypeAdapter(list[dict[str, Any]]).validate_json(text)
    except ValidationError as error:
        raise ReadingFailed("the answers of OVN can't be parsed", why=str(error).splitlines()[0]) from None
    refused = [answer["error"] for answer in answers if answer.get("error")]
    if refused or len(answers) != count:
        why = str(refused[0]) if refused else f"{len(answers)} answers of {count}"
        raise ReadingFailed("OVN did not answer all that it was asked", why=why)
    return [answer["result"] for answer in answers]


def rows(result: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    """Return the rows that a reading call found. Raises ReadingFailed."""
    try:
        return TypeAdapter(list[Mapping[str, Any]]).validate_python(result[0]["rows"])
    except (LookupError, TypeError, ValidationError):
        raise ReadingFailed("a table can't be read", why=str(result)[:60]) from None


def pairs(value: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return a column that is a map. Raises ReadingFailed."""
    try:
        kind, each = value
        return {str(name): str(one) for name, one in each} if kind == "map" else {}
    except (TypeError, ValueError):
        raise ReadingFailed("a column is no map", why=str(value)[:60]) from None
