"""What of a site is in its store, as its ledger tells: the objects that hold each folder. Pure."""

from collections.abc import Collection, Mapping

from pipeline.core.attempt import Attempt
from pipeline.core.errors import IllegalTransition
from pipeline.core.shard_reports import ShardState
from pipeline.core.site_events import Archived

# Digests of objects, oldest first, by the folder: `releases/ID`, `runs/p7`, `runs/p7/smoke-1`.
Archives = Mapping[str, tuple[str, ...]]


def copy_folder(release: str) -> str:
    """Where a site has the copy of a release, relative to it."""
    return f"releases/{release}"


def run_folder(attempt: str) -> str:
    """Where a site has the evidence of an attempt, relative to it."""
    return f"runs/{attempt}"


def folders_of(attempt: Attempt) -> Mapping[str, tuple[str, ...]]:
    """The folders of an attempt's evidence, each with those in it that are archived apart.

    Those of gates, shards and diagnostics are, as soon as they are complete; last comes what lies beside
    them. That of a shard at work is left to its own process.
    """
    run, shards = run_folder(attempt.id), _shards(attempt)
    apart = (*attempt.directories.values(), *(one.directory for one in shards), *_diagnostics(attempt))
    at_work = {one.directory for one in shards if one.open}
    return {**{folder: () for folder in apart if folder not in at_work}, run: apart}


def complete(attempt: Attempt) -> tuple[str, ...]:
    """Of these folders, those that nothing is written into any more, whatever becomes of the attempt."""
    gates = [place for gate, place in attempt.directories.items() if gate in attempt.evidence]
    shards = [one.directory for one in _shards(attempt) if one.report is not None]
    return (*gates, *shards, *_diagnostics(attempt))


def _shards(attempt: Attempt) -> tuple[ShardState, ...]:
    return tuple(one for known in attempt.shards.values() for one in known)


def _diagnostics(attempt: Attempt) -> tuple[str, ...]:
    run = run_folder(attempt.id)
    return tuple(f"{run}/diagnostics-{number}" for number in range(1, attempt.diagnostics + 1))


def archived(
    before: Archives, event: Archived, releases: Collection[str], attempts: Collection[str]
) -> Archives:
    """The archives after one more. Raises IllegalTransition for a folder that belongs to nothing."""
    place, _, rest = event.folder.partition("/")
    name, *below = rest.split("/")
    known = {"releases": releases, "runs": attempts}.get(place, ())
    if name not in known or {"", ".", ".."} & {*below} or (below and place == "releases"):
        raise IllegalTransition(f"the folder {event.folder!r} is archived, which is of no release or attempt")
    objects = before.get(event.folder, ())
    if event.digest in objects:
        return before
    return {**before, event.folder: (*objects, event.digest)}


def archives_of(archives: Archives, folder: str) -> Archives:
    """Those of the folder, and of folders in it."""
    return {
        name: digests for name, digests in archives.items() if name == folder or name.startswith(f"{folder}/")
    }


def referred_to(archives: Archives) -> frozenset[str]:
    """The digests of all objects that the ledger refers to."""
    return frozenset(digest for digests in archives.values() for digest in digests)
