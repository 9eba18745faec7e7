"""The plan by which the release's own colour takes the clients of the one beside it, leg by leg. Pure.

shared    hosts that both colours use, one after the other as in any plan
expand    a backup, then the phases of the schemas while the release before serves, and hosts that they need
build     the own colour, or what is left of it; load balancers learn of it, one after the other
cut-over  clients change over, service by service; a stage that rehearses has them go back, and over again
follow    hosts outside the control plane that run already, and whatever else nothing waited for

A leg without steps is left out, but for the cut over. As long as no client has changed over to a newer
colour, `build` stays, too, for its gates, and so does `expand` if it runs a newer OpenStack release: nobody
remembers whether they passed. Where both run the same one, there is nothing to expand.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from stages.design.blueprint import Blueprint, Plane, Role, Tier
from stages.design.colours import is_newer, of
from stages.design.parts import Formation
from stages.openstack import phases
from stages.openstack.review import Review
from stages.planning.actions import ApplyManifest, RunCommands
from stages.planning.backing_up import backup_steps
from stages.planning.belonging import (
    following,
    hosts_apart,
    leaves,
    of_own_colour,
    replaced_first,
    shared_first,
)
from stages.planning.cutover import back_steps, cutover_steps, distributing
from stages.planning.observed import Observed
from stages.planning.steps import Desired, Leg, Step, ids


class Part(IntEnum):
    """The legs in their order."""

    SHARED = 1
    EXPAND = 2
    BUILD = 3
    CUT_OVER = 4
    BACK = 5
    CUT_OVER_AGAIN = 6
    FOLLOW = 7

    @property
    def leg(self) -> str:
        """Its name."""
        return self.name.lower().replace("_", "-")


SERVING = ("smoke", "api")
GATES = {
    Part.SHARED: SERVING,
    Part.EXPAND: SERVING,
    Part.BUILD: (*SERVING, "neighbours"),
    Part.CUT_OVER: SERVING,
    Part.BACK: ("smoke",),
    Part.CUT_OVER_AGAIN: ("smoke",),
    Part.FOLLOW: (),  # the last leg ends with all gates of the stage, whatever it names
}


@dataclass(frozen=True, slots=True)
class Takeover:
    """What it is planned from. `formations` has those of each role, `order` each role after its needs."""

    blueprint: Blueprint
    observed: Observed
    wanted: Desired
    formations: Mapping[str, Sequence[Formation]]
    order: Sequence[str]

    @property
    def own(self) -> Plane:
        """The plane of the release's own colour."""
        (found,) = (one for one in self.blueprint.planes if one.tier is Tier.COLOURED)
        return found

    @property
    def is_newer(self) -> bool:
        """Whether the own colour is the newer one, so that this is no way back."""
        return is_newer(self.blueprint)

    @property
    def is_unseen(self) -> bool:
        """Whether clients have seen nothing of the newer colour: no service has changed over."""
        return self.is_newer and self.blueprint.answers_nobody

    @property
    def expands(self) -> bool:
        """Whether the schemas have phases to go through before clients change over."""
        other = self.blueprint.beside
        return other is not None and self.is_unseen and self.own.openstack != other.openstack

    @property
    def rehearses(self) -> bool:
        """Whether clients are to go back, and over again, before the newer colour counts."""
        return self.wanted.rehearses and self.is_unseen

    @property
    def review(self) -> Review | None:
        """The review of the step that the schemas take; None if this is no upgrade."""
        other = self.blueprint.beside
        return self.wanted.releases.review(other.openstack, self.own.openstack) if other else None

    @property
    def of_schemas(self) -> frozenset[str]:
        """The ids of the steps that belong to the phases of schemas; none if both run one release."""
        if (review := self.review) is None:
            return frozenset()
        return frozenset(
            item.id for item in phases.formations(self.blueprint, self.own, review, phases.BEFORE_SERVING)
        )

    def about(self, steps: Iterable[Step]) -> Mapping[str, Role | None]:
        """By step, the role that it is about, on whichever host it is done; None for no role of the stage."""
        formed = {item.id: name for name, of_role in self.formations.items() for item in of_role}
        hosts = {host.name: host.role for host in self.blueprint.hosts}
        names = ((step.id, formed.get(step.id, hosts.get(step.host or "", ""))) for step in steps)
        return {step: self.blueprint.roles.get(name) for step, name in names}


def in_legs(takeover: Takeover, steps: Sequence[Step]) -> tuple[list[Step], tuple[Leg, ...]]:
    """The steps in their legs, with those by which clients change over.

    `steps` are all others of the stage, each after those that it needs.
    """
    blueprint, schemas, about = takeover.blueprint, takeover.of_schemas, takeover.about(steps)
    last = following(blueprint, takeover.observed, about)
    rest = [step if step.id in last else _without(step, last) for step in replaced_first(blueprint, steps)]
    if takeover.expands:
        rest = list(hosts_apart(rest, about))
    mine = of_own_colour(blueprint, rest, about)
    first = shared_first(rest, mine, about) if takeover.is_newer else frozenset[str]()
    parts = _parts(rest, (mine - last) - first, schemas, first)
    told = frozenset[str]() if takeover.is_newer else _told_by_cutover(blueprint, rest, parts)
    rest = [_without(step, told) for step in rest if step.id not in told]
    before = [step for step in rest if parts[step.id] < Part.CUT_OVER]
    backups = list(_backups(takeover, before, schemas))
    parts |= dict.fromkeys(ids(backups), Part.EXPAND)
    made = list(_asked_first(backups, before, parts, schemas, asks=takeover.expands))
    over = list(_over(takeover, ids(made), parts))
    own = of(blueprint)
    after = own.without(own.served)
    follow = [
        replace(step, needs=(*step.needs, over[-1].id), colours=after)
        for step in rest
        if parts[step.id] is Part.FOLLOW
    ]
    made = [*(replace(step, colours=own) for step in made), *over, *follow]
    return [_lasting(step, schemas) for step in made], tuple(_legs(takeover, made, parts))


def _backups(takeover: Takeover, steps: Iterable[Step], schemas: Collection[str]) -> Iterator[Step]:
    """Backups, as long as a step is left that changes a schema."""
    review = takeover.review
    changes = any(step.id in schemas and step.kind != phases.CHECK for step in steps)
    if review is not None and changes:
        state = phases.baseline(takeover.blueprint, takeover.own, review)
        yield from backup_steps(takeover.blueprint, takeover.observed, state)


def _over(takeover: Takeover, before: tuple[str, ...], parts: dict[str, Part]) -> Iterator[Step]:
    """The steps by which clients change over, noted in `parts`; with the rehearsal of the way back."""
    blueprint, order = takeover.blueprint, takeover.order
    over = cutover_steps(blueprint, order, before)
    parts |= dict.fromkeys(ids(over), Part.CUT_OVER)
    yield from over
    if takeover.rehearses:
        back = back_steps(blueprint, order, (over[-1].id,), Part.BACK.leg)
        again = cutover_steps(blueprint, order, (back[-1].id,), Part.CUT_OVER_AGAIN.leg)
        parts |= dict.fromkeys(ids(back), Part.BACK) | dict.fromkeys(ids(again), Part.CUT_OVER_AGAIN)
        yield from (*back, *again)


def _parts(
    steps: Sequence[Step], mine: Collection[str], schemas: Collection[str], first: Collection[str]
) -> dict[str, Part]:
    """The leg of each step: its own, or the one of a step that needs it, if that is earlier.

    The steps `first` come in the first leg, whatever needs them.
    """
    parts = {step.id: Part.SHARED if step.id in first else _own_part(step, mine, schemas) for step in steps}
    for step in reversed(steps):
        part = parts[step.id]
        if part < Part.CUT_OVER and step.id not in mine:
            part = parts[step.id] = Part.SHARED
        for need in step.needs:
            parts[need] = min(parts[need], part)
    return parts


def _own_part(step: Step, mine: Collection[str], schemas: Collection[str]) -> Part:
    if step.id in schemas:
        return Part.EXPAND
    return Part.FOLLOW if leaves(step) or step.id not in mine else Part.BUILD


def _told_by_cutover(
    blueprint: Blueprint, steps: Sequence[Step], parts: Mapping[str, Part]
) -> frozenset[str]:
    """The steps on load balancers that the cut over does as well, where nothing else comes before it.

    So a colour that stands whole gets its clients back at once.
    """
    balancers = {host.name for host in distributing(blueprint)}
    before = [step for step in steps if parts[step.id] < Part.CUT_OVER]
    alone = all(step.host in balancers and isinstance(step.action, ApplyManifest) for step in before)
    return frozenset(ids(before)) if alone else frozenset()


def _asked_first(
    backups: Sequence[Step],
    steps: Sequence[Step],
    parts: Mapping[str, Part],
    schemas: Collection[str],
    *,
    asks: bool,
) -> Iterator[Step]:
    """The steps in the order of their legs. Backups begin theirs.

    No schema is changed before there is a backup, and every project was asked, if one `asks` at all. Then
    hosts come before schemas (`hosts_apart`); otherwise some hosts may wait for schemas of other projects.
    """
    of_schemas = [step for step in steps if step.id in schemas]
    looks = [step.id for step in of_schemas if asks and step.kind == phases.CHECK]
    changing = set(ids(of_schemas)).difference(looks)
    asked = (*ids(backups), *looks)
    made = sorted((*backups, *steps), key=lambda one: parts[one.id])
    if asks:
        made.sort(key=lambda one: (parts[one.id], one.id in schemas, one.id in changing))
    for step in made:
        needs = dict.fromkeys((*step.needs, *asked)) if step.id in changing else step.needs
        yield replace(step, needs=tuple(needs))


def _lasting(step: Step, schemas: Collection[str]) -> Step:
    """Only what ends the release before can't be undone: accounts, buckets and mappings may stay."""
    formed = isinstance(step.action, RunCommands) and step.id not in schemas
    return replace(step, irreversible=None) if formed else step


def _legs(takeover: Takeover, steps: Iterable[Step], parts: Mapping[str, Part]) -> Iterator[Leg]:
    kept = {Part.CUT_OVER}
    if takeover.is_unseen:
        kept |= {Part.BUILD}
    if takeover.expands:
        kept |= {Part.EXPAND}
    by_part: dict[Part, list[str]] = {}
    for step in steps:
        by_part.setdefault(parts[step.id], []).append(step.id)
    for part in Part:
        found = tuple(by_part.get(part, ()))
        if found or part in kept:
            yield Leg(part.leg, found, _gates(takeover, part), asks_policy=part is Part.CUT_OVER)


def _gates(takeover: Takeover, part: Part) -> tuple[str, ...]:
    """The gates of a leg that the stage has; its first one, if it has none of them.

    The way back is not kept waiting for a look at the colour that is left.
    """
    gates, asked = takeover.wanted.gates, GATES[part]
    if takeover.rehearses and part is Part.CUT_OVER:
        asked = GATES[Part.BACK]
    if not takeover.is_newer:
        asked = tuple(name for name in asked if name in SERVING)
    return tuple(name for name in asked if name in gates) or (gates[:1] if asked else ())


def _without(step: Step, others: Collection[str]) -> Step:
    return replace(step, needs=tuple(need for need in step.needs if need not in others))
