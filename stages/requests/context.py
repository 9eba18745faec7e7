"""The context of a request: its site, config, stage, release and lease."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from stages.design.blueprint import Colour
from stages.design.colours import Colours
from stages.design.strategy import Strategy
from stages.draft import Draft, draft
from stages.errors import BadRequest
from stages.machine.site import Site
from stages.machine.substrates import choice
from stages.machine.substrates.connections import Connections
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Substrate
from stages.requests import colouring
from stages.requests.recorded import Asked


def require(request: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a required key. Raises BadRequest when the request lacks it."""
    if request.get(key) is None:
        raise BadRequest(
            f"the request has no {key}",
            where="the request on stdin",
            why="this verb requires it",
            next="see the seams in docs/architecture.md",
        )
    return request[key]


@dataclass(frozen=True, slots=True)
class Context:
    """One request about one stage. `image` is the content digest recorded for the release, if any.

    `sources` are the hosts from whose data a person wants lost clusters started; None if nobody asked for a
    bootstrap. `redeploy` is the host that a person wants replaced, if any. `leg` is the part of a plan that
    the request belongs to, in a plan of several.
    """

    site: Site
    stage: str
    release: str
    first: bool
    image: str | None
    lease: Lease
    draft: Draft
    connections: Connections
    sources: tuple[str, ...] | None = None
    redeploy: str | None = None
    leg: str | None = None

    @property
    def substrate(self) -> Substrate:
        """Where the stage's hosts come from."""
        kind = self.draft.config.stage(self.stage).substrate
        return choice.substrate(kind, self.site, self.draft.blueprint)

    def host(self, name: str) -> RemoteHost:
        """A host of the stage, reached over its warm connection."""
        return RemoteHost(name, self.substrate.ssh_config, self.connections)

    def forget(self, name: str) -> None:
        """Close the connection to a host that is about to be removed, replaced or started."""
        self.connections.forget(self.substrate.ssh_config, name)

    @classmethod
    def of(
        cls,
        request: Mapping[str, Any],
        connections: Connections | None = None,
        *,
        changes: bool = False,
        known: Colours | None = None,
        any_colour: bool = False,
    ) -> Self:
        """The request's context. Creates a missing site only when the request `changes` something.

        The stage is drawn for the colours `known`, or else for those that stand. With `any_colour` the
        request is about all that stands, and nobody is asked which colour serves. Raises BadRequest when a
        key is missing, and what `draft` and `colouring.colours` raise.
        """
        folder, config = Path(require(request, "site")), Path(require(request, "config"))
        stage = str(require(request, "stage"))
        site = Site.at(folder) if changes else Site.peek(folder)
        bootstrap, redeploy = request.get("bootstrap"), request.get("redeploy")
        if known is None:
            known = _found(request, config, stage, site, any_colour=any_colour)
        return cls(
            site=site,
            stage=stage,
            release=str(request.get("release", "")),
            first=bool(request.get("first")),
            image=_image(request),
            lease=Lease(int(request.get("token") or 0), site.lease_record(stage)),
            draft=draft(config, stage, site.id, known),
            connections=connections or Connections(),
            sources=None if bootstrap is None else tuple(map(str, bootstrap.get("sources") or ())),
            redeploy=None if redeploy is None else str(redeploy),
            leg=None if (leg := request.get("leg")) is None else str(leg),
        )


def _image(request: Mapping[str, Any]) -> str | None:
    """The content digest that is recorded for the release."""
    found: str | None = (request.get("artifacts") or {}).get("image")
    return found


def _found(request: Mapping[str, Any], config: Path, stage: str, site: Site, *, any_colour: bool) -> Colours:
    """The colours of the stage as it stands, for the release of the request."""
    alone = draft(config, stage, site.id)
    own = alone.config.stage(stage)
    substrate = choice.substrate(own.substrate, site, alone.blueprint)
    if any_colour:
        return colouring.standing(alone.blueprint, substrate, alone.config.openstack)

    def digests(colour: Colour) -> dict[str, str]:
        drawn = draft(config, stage, site.id, Colours(colour))
        coloured = (host.name for host in drawn.blueprint.hosts if host.colour is colour)
        return {name: drawn.manifests[name].steady_digest() for name in coloured}

    def image() -> str | None:
        recorded = _image(request)
        return recorded or (substrate.images.built(alone.image) if request.get("first") else None)

    returns = bool(request.get("rollback"))
    # Who rolls back wants what was there: a colour that has it serves again, or the one that serves gets it.
    strategy = Strategy.ROLLING if returns else own.strategy

    def drawn(there: Colours) -> Substrate:
        return choice.substrate(own.substrate, site, draft(config, stage, site.id, there).blueprint)

    asked = Asked(alone.config.openstack, strategy, digests, image, returns)
    found = colouring.colours(alone.blueprint, substrate, asked, drawn)
    return replace(found, returns=returns and found.beside is not None)
