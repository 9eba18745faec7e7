"""What a request from the engine says: which site, config, stage and release, and under which lease."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.drafting import Draft, draft
from stages.errors import BadRequest
from stages.site import Site
from stages.substrates.fence import Lease

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Context:
    """One request about one stage. `image` is the content digest recorded for the release, if any."""

    site: Site
    stage: str
    release: str
    first: bool
    image: str | None
    lease: Lease
    draft: Draft

    @classmethod
    def of(cls, request: Mapping[str, Any], *, changes: bool = False) -> Context:
        """The request's context. Only one that changes something makes the site where there is none.

        Raises BadRequest when a key is missing, and what `draft` raises.
        """
        try:
            folder, config, stage = Path(request["site"]), Path(request["config"]), str(request["stage"])
        except KeyError as error:
            raise BadRequest(
                f"the request has no {error}", next="see the seams in docs/architecture.md"
            ) from None
        site = Site.at(folder) if changes else Site.peek(folder)
        return cls(
            site=site,
            stage=stage,
            release=str(request.get("release", "")),
            first=bool(request.get("first")),
            image=(request.get("artifacts") or {}).get("image"),
            lease=Lease(int(request.get("token") or 0), site.path / "leases" / f"{stage}.json"),
            draft=draft(config, stage, site.id),
        )
