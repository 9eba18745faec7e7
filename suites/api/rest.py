"""A service's REST API, asked with the administrator's token: JSON out, JSON in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from keystoneauth1 import exceptions, session


class Rest(Protocol):
    """What is asked of an API."""

    def listed(self, path: str, kind: str, **query: object) -> list[dict[str, Any]]:
        """Return the list that an answer holds under `kind`. A value of `query` may be a list of values."""

    def post(self, path: str, document: Mapping[str, object]) -> dict[str, Any]:
        """Post a document; return the answer, empty where there is none."""

    def put(self, path: str, content: bytes | Mapping[str, object]) -> None:
        """Put bytes as they are, or a document."""

    def delete(self, path: str) -> None:
        """Delete what is there; what is gone already is no error."""


@dataclass(frozen=True, slots=True)
class Service:
    """The API at a URL. Each method raises what keystoneauth1 raises."""

    client: session.Session
    url: str

    def listed(self, path: str, kind: str, **query: object) -> list[dict[str, Any]]:
        """Return the list that an answer holds under `kind`."""
        found: list[dict[str, Any]] = self.client.get(f"{self.url}{path}", params=query).json()[kind]
        return found

    def post(self, path: str, document: Mapping[str, object]) -> dict[str, Any]:
        """Post a document; return the answer."""
        answer = self.client.post(f"{self.url}{path}", json=document)
        return answer.json() if answer.content else {}

    def put(self, path: str, content: bytes | Mapping[str, object]) -> None:
        """Put bytes or a document."""
        if isinstance(content, bytes):
            headers = {"Content-Type": "application/octet-stream"}
            self.client.put(f"{self.url}{path}", data=content, headers=headers)
        else:
            self.client.put(f"{self.url}{path}", json=content)

    def delete(self, path: str) -> None:
        """Delete what is there."""
        try:
            self.client.delete(f"{self.url}{path}")
        except exceptions.NotFound:
            return
