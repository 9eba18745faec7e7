"""The plan that removes the colour which answers nobody, and what only its OpenStack release used. Pure.

remove    load balancers forget its hosts, and they leave like hosts that the config no longer has
contract  if it runs an older release: the phases of the schemas that may begin only when the old code is gone

A colour that answers nobody is not idle: its workers take work from the queues that both colours share. So it
goes first. That the schemas wait is recorded beside the data before the first host goes, until all is done:
where a retirement ended in between, the next one goes on, although one colour stands alone.

Refused is what would do anything else to the stage. On hosts of the colour that serves, schemas are brought
on and records of hosts that are gone are removed, and a broker deletes their queues; nothing is changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stages.design.blueprint import Blueprint, Plane, Tier
from stages.design.colours import Beside, Colours, of
from stages.design.manifest import Command
from stages.design.parts import Formation, Refused
from stages.design.upgrading import UpgradePhase
from stages.openstack import pending, phases
from stages.openstack.review import Review, missing
from stages.planning import order
from stages.planning.actions import ApplyManifest, RemoveHost, RunCommands
from stages.planning.leaving import DRAIN
from stages.planning.observed import Observed, State
from stages.planning.steps import Desired, Leg, Plan, Step, ids

REMOVE, CONTRACT = "remove", "contract"
LOOKS = ("smoke", "api")  # what is looked at between the legs, of what the stage has
# Of these kinds are the steps that change a host, or show that it is not as it should be.
_TELLING = frozenset({"host", "manifest", "cluster", "service", "schema"})


@dataclass(frozen=True, slots=True)
class Retiring:
    """What it is planned from. `blueprint` is drawn without the colour that goes, `standing` has it.

    `release` is the id of the release that stands there.
    """

    blueprint: Blueprint
    standing: Colours
    observed: Observed
    wanted: Desired
    release: str

    @property
    def own(self) -> Plane:
        """The plane of the colour that serves."""
        (found,) = (one for one in self.blueprint.planes if one.tier is Tier.COLOURED)
        return found


def make(asked: Retiring) -> Plan:
    """Make the plan. An empty one means that one control plane stands, and no schemas wait.

    Raises PlanUnsafe when the plan breaks an invariant, which is a defect of this code.
    """
    going = asked.standing.beside
    review = _review(asked, going)
    if against := _against(asked, going, review):
        return Plan((), against, retires=True)
    if going is None and review is None:
        return Plan((), (), retires=True)
    # As if the schemas were as the release has them: their phases take the place of its own way to them.
    removed = order.make(asked.blueprint, _with_schemas(asked), asked.wanted)
    if against := (*removed.refusals, *_besides(asked, going, removed.steps)):
        return Plan((), against, retires=True)
    # Where no host goes, what is left of the plan is no part of it: previews that a promotion removes.
    steps = _undrained(removed.steps) if going is not None else []
    first = [_titled(step, going, ends=review is not None) for step in steps]
    if isinstance(review, Review) and going is not None:
        first = _noted_first(asked, review, first)
    last = _contracted(asked, review) if isinstance(review, Review) else []
    colours = of(asked.blueprint)
    coloured = tuple(replace(step, colours=colours) for step in (*first, *last))
    return Plan(coloured, (), legs=_legs(asked, first, last), retires=True)


def _review(asked: Retiring, going: Beside | None) -> Review | Refused | None:
    """The review of the step that the schemas have taken, if they are to be contracted; None if not."""
    releases, after = asked.wanted.releases, asked.own.openstack
    if going is None:
        before = pending.before(asked.observed.facts.values(), after)
    else:
        before = going.openstack if releases.precedes(going.openstack, after) else None
    if before is None:
        return None
    return releases.review(before, after) or missing(before, after)


def _against(asked: Retiring, going: Beside | None, review: Review | Refused | None) -> tuple[str, ...]:
    stage, served = asked.blueprint.stage, asked.standing.served
    if going is not None and served:
        told = (
            f"{going.colour.value}, with OpenStack {going.openstack}, answers clients of "
            f"{', '.join(served)}: only a control plane that answers nobody is retired "
            f"(next: promote the release that is to stay, promote --stage {stage})"
        )
        return (told,)
    if isinstance(review, Refused):
        return (f"{review.what} (next: {review.next})",)
    return ()


def _with_schemas(asked: Retiring) -> Observed:
    """The stage as observed, with the release's own way to its schemas counted as done."""
    hosts = dict(asked.observed.hosts)
    for item in _tables(asked):
        if (seen := hosts.get(item.host)) is not None:
            hosts[item.host] = replace(seen, done=seen.done | {item.id})
    return replace(asked.observed, hosts=hosts)


def _tables(asked: Retiring) -> Iterable[Formation]:
    for role in asked.blueprint.roles.values():
        made = role.form(asked.blueprint, asked.own, asked.observed.facts) if role.upgrades else ()
        yield from () if isinstance(made, Refused) else (item for item in made if item.tables)


def _besides(asked: Retiring, going: Beside | None, steps: Iterable[Step]) -> tuple[str, ...]:
    """Why the plan would do more than remove the colour; empty if it would not.

    That holds where it is gone, too: what contracts schemas can't be undone, and needs a stage that is well.
    """
    gone = frozenset(going.hosts) if going is not None else frozenset()
    balancers = {
        host.name
        for name, role in asked.blueprint.roles.items()
        if role.drain is not None
        for host in asked.blueprint.everywhere(name)
    }
    others = [
        step
        for step in steps
        if step.kind in _TELLING
        and step.host is not None
        and step.host not in gone
        and not (going is not None and step.host in balancers and isinstance(step.action, ApplyManifest))
    ]
    if not others:
        return ()
    wrong = "; ".join(f"{step.host}: {step.title}" for step in others)
    repair = f"promote rollback --stage {asked.blueprint.stage} --to {asked.release[:12]}"
    what = "other hosts are not as the release has them, and would have to be changed as well"
    return (f"{what}: {wrong} (next: {repair})",)


def _undrained(steps: Sequence[Step]) -> list[Step]:
    """The steps, but for drains: nothing is sent to these hosts.

    And HAProxy raises an alarm in its log when it stops sending to the last server of a pool.
    """
    drains = {step.id: step.needs for step in steps if step.id.startswith(f"{DRAIN}/")}
    return [
        replace(step, needs=tuple(before for need in step.needs for before in drains.get(need, (need,))))
        for step in steps
        if step.id not in drains
    ]


def _titled(step: Step, going: Beside | None, *, ends: bool) -> Step:
    """The step, as people read it here. With `ends`, the release of the colour does not come back."""
    if going is None or not isinstance(step.action, RemoveHost):
        return step
    lost = (
        f"{going.openstack} can't serve again once hosts of {going.colour.value} are gone" if ends else None
    )
    return replace(step, title=f"remove {step.host}, which answers nobody", irreversible=lost)


def _noted_first(asked: Retiring, review: Review, steps: Iterable[Step]) -> list[Step]:
    """The steps, and before them the one that records what is left to do when they are done."""
    title = f"record that what only {review.before} used is still in the schemas"
    note = _noted(asked, f"schema/{pending.FACT}", title, pending.note(review.before, review.after))
    return [note, *(replace(step, needs=step.needs or (note.id,)) for step in steps)]


def _contracted(asked: Retiring, review: Review) -> list[Step]:
    """The phases that end the release before, project by project, and that nothing is left then."""
    wanted = (UpgradePhase.ONLINE, UpgradePhase.CONTRACT)
    formed = [_formed(item) for item in phases.formations(asked.blueprint, asked.own, review, wanted)]
    asking = [step for step in formed if step.kind == phases.CHECK]
    # Nothing is changed before every project was asked that has something to ask.
    last = [replace(step, needs=(*step.needs, *ids(asking))) for step in formed if step not in asking]
    steps = [*asking, *last]
    title = f"record that nothing of {review.before} is left in the schemas"
    none = _noted(asked, f"schema/{pending.FACT}-none", title, pending.note_none())
    return [*steps, replace(none, needs=ids(steps))]


def _formed(item: Formation) -> Step:
    return Step(
        item.id, item.kind, item.host, item.title, item.after, RunCommands.of(item), item.irreversible
    )


def _noted(asked: Retiring, name: str, title: str, command: Command) -> Step:
    """A step that records something beside the data, on the host that tells it."""
    (host, *_) = (
        host.name
        for role in asked.blueprint.roles.values()
        if pending.FACT in role.facts
        for host in asked.own.hosts_of(role.name)
        if asked.observed.host(host.name).state is State.RUNNING
    )
    return Step(name, "schema", host, title, (), RunCommands((command.to_json(),)))


def _legs(asked: Retiring, first: Sequence[Step], last: Sequence[Step]) -> tuple[Leg, ...]:
    """Those that have steps. The last one ends with all gates of the stage, whatever it names.

    Each ends more of the way back, so before each it is asked whether that still may be.
    """
    stage = asked.wanted.gates
    looks = tuple(gate for gate in LOOKS if gate in stage) or stage[:1]
    named = ((REMOVE, first, looks if last else ()), (CONTRACT, last, ()))
    return tuple(Leg(name, ids(steps), gates, asks_policy=True) for name, steps, gates in named if steps)
