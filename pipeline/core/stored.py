"""What a site stores on disk, and which of it nothing refers to any more. Pure: the folders are given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from pipeline.core.archives import referred_to
from pipeline.core.history import History

# What the ledger does not know may be the work of a command that has not recorded it yet.
_MAY_BE_WORK_S = 24 * 3600.0
_ALWAYS = float("inf")


class Store(Enum):
    """A place in a site, or the store that it shares."""

    COPY = "copy"  # code and config of a release
    ENVIRONMENT = "environment"  # the Python packages that releases with one lock run with
    RUN = "run"  # the evidence and diagnostics of an attempt
    REMNANT = "remnant"  # what a command that was killed while it archived left in the site
    PROBE = "probe"  # an object that `doctor` wrote into that store, and did not get to remove
    UNFINISHED = "unfinished"  # what a command that was killed while it wrote into that store left there
    OBJECT = "object"  # an archive, in the store that machines share


# Those that are in the store that machines share.
SHARED = frozenset({Store.PROBE, Store.UNFINISHED, Store.OBJECT})


@dataclass(frozen=True, slots=True)
class Stored:
    """One folder of a site, or one object of its store.

    `name` is the id of a release or attempt, an environment's name, a digest, or `SPACE/NAME` of what is
    unfinished; `size` is in bytes, `written_at` in seconds since 1970. `environment` is the one that a copy
    runs in; None if it has none.
    """

    store: Store
    name: str
    size: int
    written_at: float
    environment: str | None = None


def unneeded(
    history: History, stored: Iterable[Stored], newest: int, at: float, recorded_until: float = _ALWAYS
) -> tuple[Stored, ...]:
    """Of these, what nothing refers to; what is in the store that machines share comes last.

    `newest` is how many attempts of each stage, and how many releases, stay in any case. A folder that
    the ledger does not know counts once it is a day old. An object that it refers to is always needed. One
    that is younger than the ledger's last event, at `recorded_until`, is not judged by it: if the ledger is a
    copy of another, or was restored, that one may refer to it.
    """
    found = tuple(stored)
    attempts = _attempts(history, newest)
    releases = _releases(history, attempts, newest)
    copies, runs = (
        tuple(
            one
            for one in found
            if one.store is store and one.name not in kept and _is_settled(one, known, at)
        )
        for store, kept, known in (
            (Store.COPY, releases, set(history.releases)),
            (Store.RUN, attempts, set(history.attempts)),
        )
    )
    used = {one.environment for one in found if one.store is Store.COPY and one not in copies}
    idle = tuple(one for one in found if one.store is Store.ENVIRONMENT and one.name not in used)
    referred = referred_to(history.archives)
    objects = tuple(
        one
        for one in found
        if one.store is Store.OBJECT
        and one.name not in referred
        and one.written_at <= recorded_until
        and _is_settled(one, set(), at)
    )
    remnants, probes, unfinished = (
        tuple(one for one in found if one.store is store and _is_settled(one, set(), at))
        for store in (Store.REMNANT, Store.PROBE, Store.UNFINISHED)
    )
    return (*copies, *idle, *runs, *remnants, *probes, *unfinished, *objects)


def _is_settled(one: Stored, known: set[str], at: float) -> bool:
    return one.name in known or at - one.written_at > _MAY_BE_WORK_S


def _attempts(history: History, newest: int) -> set[str]:
    """The newest of each stage, open or not, the proofs of what is verified there, and their own proofs.

    And those that ran a check which may be reused.
    """
    kept = {view.latest for view in history.stages.values() if view.latest}
    for view in history.stages.values():
        there = [name for name, attempt in history.attempts.items() if attempt.stage == view.name]
        kept |= set(_last(there, newest))
        wanted = (*history.goals(view.name), view.standing)
        kept |= {name for release, name in view.proofs.items() if release in wanted}
    kept |= {one.attempt for view in history.stages.values() for gate in view.passes.values() for one in gate}
    while more := {proof for name in kept for proof in history.attempts[name].proofs} - kept:
        kept |= more
    runs = {history.attempts[name].run for name in kept}
    return {name for name, attempt in history.attempts.items() if attempt.run in runs}


def _releases(history: History, attempts: Iterable[str], newest: int) -> set[str]:
    """Those that stand or may be rolled back to, those of the attempts that stay, and the newest."""
    kept = {history.attempts[name].release for name in attempts} | set(_last(tuple(history.releases), newest))
    for view in history.stages.values():
        kept |= {*history.goals(view.name), *([view.standing] if view.standing else [])}
    return kept


def _last(names: Sequence[str], number: int) -> Sequence[str]:
    return names[max(0, len(names) - number) :]
