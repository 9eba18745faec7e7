"""The verb `plan`: observe the stage, and plan the steps to the desired state. Changes nothing."""

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from stages.config import Config, connections
from stages.design.blueprint import Blueprint, Colour
from stages.design.colours import OTHER, is_newer
from stages.errors import ImageGone
from stages.machine import secrets
from stages.machine.images import releases
from stages.machine.substrates.remote import RemoteHost
from stages.openstack.releases import Releases
from stages.planning import order, rebuilding, redeploying, release_changes
from stages.planning.actions import ApplyManifest, CreateHost, StartHost
from stages.planning.observed import Observed, State
from stages.planning.steps import Desired, FollowUp, Plan, Retry
from stages.requests import colouring, doctor
from stages.requests.context import Context
from stages.requests.observe import observe

OF_TWO_COLOURS = ("neighbours",)  # gates about two colours that stand side by side: no stage names them
Planner = Callable[[Context, Observed, Desired], Plan]


def make(context: Context, planner: Planner | None = None) -> Plan:
    """Make the plan for the stage as it is now; changes no host and no file of the site.

    `planner` decides what is done about what was observed; by default the release is brought there.
    """
    root = doctor.root()
    if not root.ok:
        return Plan((), (f"must run as root (running as {root.seen}) (next: {root.next})",))
    draft, substrate = context.draft, context.substrate
    known = releases.read()
    impossible = (*release_changes.against_takeover(draft.blueprint, known), *_against_two(context))
    if against := (*substrate.forgotten(), *impossible, *_only_a_promotion(context)):
        return Plan((), against)
    try:
        wanted = _desired(context, known)
    except ImageGone as error:
        return Plan((), (str(error),))
    with _way(context) as reach:
        standing = substrate.standing()
        if standing.hosts and (against := _without_secrets(context)):
            return Plan((), against)
        observed = observe(context.site, draft, known, standing, reach, looks=context.sources is not None)
    made = (planner or _plan)(context, observed, wanted)
    made = replace(made, retries=_retries(observed), follow_up=_follow_up(context, made))
    missing = lacking(draft.blueprint, observed, made) if substrate.takes_memory_here else ()
    if changed := changed_under_clients(draft.blueprint, observed, made):
        missing += lent_to(
            draft.blueprint, changed, colouring.lent(draft.blueprint, substrate, standing.hosts)
        )
    missing += () if substrate.makes_hosts else _silent(draft.blueprint, observed)
    return _refused(made, missing) if missing else made


def _desired(context: Context, known: Releases) -> Desired:
    """What the release asks for. Raises ImageGone if its image is gone and this stage may not build it."""
    draft, images = context.draft, context.substrate.images
    image, recorded = context.image, context.image is not None
    if image is not None:
        try:
            images.require(image)
        except ImageGone:
            if not context.first:
                raise
            image, recorded = None, False
    if image is None and context.first:
        image = images.built(draft.image)
    return Desired(
        image=image,
        build=context.first,
        recorded=recorded,
        manifests={name: manifest.digest() for name, manifest in draft.manifests.items()},
        base=images.base_of(image) if image is not None else images.base(draft.image),
        packages=images.packages_of(image) if image is not None else {},
        releases=known,
        gates=_gates(draft.config, context.stage),
        rehearses=draft.config.stage(context.stage).rehearse,
    )


def _plan(context: Context, observed: Observed, wanted: Desired) -> Plan:
    blueprint, sources = context.draft.blueprint, context.sources
    if context.redeploy is not None:
        return redeploying.make(blueprint, observed, wanted, context.redeploy, context.release)
    if sources is None:
        return order.make(blueprint, observed, wanted)
    unfit = rebuilding.unfit(blueprint, observed, sources)
    chosen = rebuilding.with_choice(blueprint, observed, sources)
    made = Plan((), unfit) if unfit else order.make(blueprint, chosen, wanted)
    return replace(made, found=rebuilding.found(blueprint, observed, made))


def _retries(observed: Observed) -> tuple[Retry, ...]:
    """What of the observation was tried again."""
    return tuple(
        Retry(f"observe {name}", 1, seen.retried) for name, seen in observed.hosts.items() if seen.retried
    )


def _follow_up(context: Context, made: Plan) -> FollowUp | None:
    """A colour that stands beside the own one and then answers nobody is due to go one day.

    Its time begins when clients change over. A promotion that finds that done tells it, too: the one that did
    it may have failed afterwards, and then nobody would ever be told.
    """
    blueprint = context.draft.blueprint
    if made.refusals or blueprint.beside is None or context.redeploy is not None:
        return None
    if blueprint.served and not made.steps:
        return None
    after_s = context.draft.config.stage(context.stage).retire_after
    return FollowUp("retire", after_s, restarts=bool(blueprint.served))


def _refused(made: Plan, why: tuple[str, ...]) -> Plan:
    return replace(made, steps=(), legs=(), follow_up=None, refusals=(*made.refusals, *why))


def _gates(config: Config, stage: str) -> tuple[str, ...]:
    """Those that a leg may end with: the stage's, and any that the config has for two colours."""
    own = config.stage(stage).gates
    return (*own, *(name for name in OF_TWO_COLOURS if name in config.gates and name not in own))


def _against_two(context: Context) -> Iterator[str]:
    """What the stage lacks for two control planes: they open twice as many connections to one database.

    Only before a newer colour takes over: a way back is not refused for what stood already.
    """
    blueprint, stage = context.draft.blueprint, context.draft.config.stage(context.stage)
    refused = connections.too_many(stage, colours=len(Colour))
    if refused is not None and blueprint.served and is_newer(blueprint):
        yield f"{refused.what} (next: {refused.next})"


def _only_a_promotion(context: Context) -> Iterator[str]:
    """Whoever mends one host does not mean that clients change over to another colour."""
    blueprint = context.draft.blueprint
    if blueprint.served and (context.redeploy is not None or context.sources is not None):
        other = OTHER[blueprint.colour].value
        yield (
            f"{other} answers clients of {blueprint.stage}, and this release is about "
            f"{blueprint.colour.value}: promote it first, or do this with the release that {other} runs "
            f"(next: promote status --stage {blueprint.stage})"
        )


@contextlib.contextmanager
def _way(context: Context) -> Iterator[Callable[[str], RemoteHost]]:
    """How to reach hosts: in a run over the connections that its steps will use, if they are configured.

    Otherwise once each, with a temporary ssh configuration: in a preview, the stage's own may be a run's.
    """
    if context.lease.token and context.substrate.is_connected():
        yield context.host
    else:
        with tempfile.TemporaryDirectory() as folder:
            config = context.substrate.borrow(Path(folder))
            yield lambda name: RemoteHost(name, config)


def _without_secrets(context: Context) -> tuple[str, ...]:
    """Why no plan may be made for hosts whose secrets another site has: it would give them new ones."""
    draft, stage = context.draft, context.stage
    if not secrets.forgotten(context.site, stage, draft.blueprint.secrets, draft.references):
        return ()
    refusal = (
        f"{stage} has hosts, but this site has none of their secrets, and would generate others: another "
        "machine made the stage, or the secrets were removed "
        f"(next: copy site.json and secrets/{stage}/ from that machine's site, or a backup, to "
        f"{context.site.path}, or refer to the secrets in the config; then: promote plan --stage {stage})"
    )
    return (refusal,)


def _silent(blueprint: Blueprint, observed: Observed) -> tuple[str, ...]:
    """Hosts that nobody here can make anew, and that may well serve: a plan would replace them unseen."""
    return tuple(
        f"{name} gives no answer, and no new machine can be made for it from here: {seen.why} "
        f"(next: mend it, then: promote plan --stage {blueprint.stage})"
        for name, seen in observed.hosts.items()
        if seen.state is State.SILENT
    )


def changed_under_clients(blueprint: Blueprint, observed: Observed, made: Plan) -> tuple[str, ...]:
    """The hosts of the own colour, beside another one, that the plan changes where they run."""
    own = {host.name for host in blueprint.hosts if host.colour is blueprint.colour}
    if blueprint.beside is None:
        return ()
    changes = (step.host for step in made.steps if isinstance(step.action, (CreateHost, ApplyManifest)))
    running = (name for name in changes if name in own and observed.host(name).state is State.RUNNING)
    return tuple(dict.fromkeys(running))


def lent_to(blueprint: Blueprint, changed: tuple[str, ...], lent: Mapping[Colour, float]) -> tuple[str, ...]:
    """Why these hosts may not be changed just now: a canary that was killed lent them requests.

    The shares of the load balancers do not say so: what is lent is in none of them, and ends by itself.
    """
    colour, stage = blueprint.colour, blueprint.stage
    if not lent.get(colour):
        return ()
    told = (
        f"a canary has lent {colour.value} a part of clients' requests, for {lent[colour]:g} s more, and "
        f"{', '.join(changed)} would be changed (next: wait for that, then: promote plan --stage {stage})"
    )
    return (told,)


def lacking(blueprint: Blueprint, observed: Observed, made: Plan) -> tuple[str, ...]:
    """What this machine lacks for hosts that do not run yet: refused now, not at the last of them."""
    added = [
        step.host
        for step in made.steps
        if isinstance(step.action, (CreateHost, StartHost))
        and step.host is not None
        and observed.host(step.host).state in {State.ABSENT, State.STOPPED}
    ]
    findings = doctor.fit_for(Counter(blueprint.host(name).role for name in added))
    return tuple(
        f"too little {finding.check} for hosts that do not run yet: {finding.seen}, {finding.wanted} "
        f"(next: {finding.next})"
        for finding in findings
        if not finding.ok
    )
