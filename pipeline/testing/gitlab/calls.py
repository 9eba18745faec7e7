"""One call of the fake's API, and how it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


class Refusal(Exception):
    """An answer that is no success: its code, and the message in its body."""

    def __init__(self, code: int, message: object) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Request:
    """A request: what the pattern of its path matched, its query, its body, and whether a job sent it."""

    method: str
    path: str
    place: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    of_job: bool = False

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.place[name])

    def required(self, *names: str) -> list[Any]:
        """These values of the body. Refused as GitLab does if one is missing."""
        if missing := [name for name in names if self.body.get(name) in (None, "")]:
            raise Refusal(400, ", ".join(f"{name} is missing" for name in missing))
        return [self.body[name] for name in names]

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """This value of the body, which must be one of these."""
        (value,) = self.required(name)
        if value not in allowed:
            raise Refusal(400, f"{name} does not have a valid value")
        return str(value)


def found(rows: list[Row], what: str, **wanted: object) -> Row:
    """The row with these values. Refused if there is none."""
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return row
    raise Refusal(404, f"404 {what} Not Found")
