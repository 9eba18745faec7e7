"""Putting folders of the site into the store that it shares, and bringing them back, by the ledger."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core import events as ev
from pipeline.core.archives import archives_of, copy_folder, folders_of, run_folder
from pipeline.core.errors import LedgerMoved, UsageProblem
from pipeline.core.history import History
from pipeline.core.stored import Store, Stored
from pipeline.store import Archives, Brought
from pipeline.workshop import Office, Workshop

_CHARACTERS = 16  # of a digest
_NOBODYS = "new"  # in a site where nothing has happened yet


def space_of(office: Office) -> str:
    """The space of this ledger's objects. Its first event differs from that of any other, by its time."""
    return (office.ledger.digest(1) or _NOBODYS)[:_CHARACTERS]


def keep(office: Office, archives: Archives, folder: str, without: Sequence[str] = ()) -> str | None:
    """Put a folder of the site into the store, and record that unless it is known; None if it is empty.

    Returns the digest of the object; of a folder that was archived as it is, that is the one of then.
    The ledger refers to an object once it is there, so never to one that is not. Raises what the store does,
    what the ledger does, and OSError.
    """
    digest = archives.keep(space_of(office), folder, without)
    while digest is not None:
        history = office.history()
        if digest in history.archives.get(folder, ()):
            break
        try:
            office.ledger.append([ev.Archived(folder, digest)], head=history.head)
        except LedgerMoved:  # another machine may have archived the same
            continue
        break
    return digest


def bring(office: Office, archives: Archives, folder: str) -> Mapping[str, Brought]:
    """Bring this folder, and those in it, into the site; how each came, empty if nothing is archived.

    Raises UsageProblem for the evidence of an attempt that is open, what the store does, and if nothing came,
    why the first object did not.
    """
    history = office.history()
    attempt = next((one for one in history.attempts.values() if run_folder(one.id) == folder), None)
    if attempt is not None and attempt.outcome is None:
        raise UsageProblem(
            f"attempt {attempt.id} is open",
            where=folder,
            why="its evidence is still being written, and what is in the store may be older",
            next=f"promote resume --stage {attempt.stage}, or promote abort; then fetch again",
        )
    known = archives_of(history.archives, folder)
    brought = {name: archives.bring(space_of(office), name, digests) for name, digests in known.items()}
    lost = [problem for one in brought.values() for problem in one.lost]
    if lost and not any(one.came for one in brought.values()):
        raise lost[0]
    return brought


def suspected(
    history: History, stored: Sequence[Stored], there: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of what a site has, the folders that the store may lack, and which folders in them are archived apart.

    `there` are the digests of all objects; some may have been removed. A release is what its name says, so
    its objects tell. Evidence may have grown since it was archived, so only its content tells. What belongs
    to an attempt that is open is left to whoever drives it.
    """
    for one in stored:
        if one.store is Store.COPY and one.name in history.releases:
            folder = copy_folder(one.name)
            known = history.archives.get(folder)
            if known is None or not there >= set(known):
                yield folder, ()
        elif one.store is Store.RUN and one.name in history.attempts:
            attempt = history.attempts[one.name]
            yield from folders_of(attempt).items() if attempt.outcome is not None else ()


def objects(shop: Workshop) -> tuple[Stored, ...]:
    """The objects of this site's space, as what may be removed; none without a store."""
    if shop.archives is None:
        return ()
    found = shop.archives.objects(space_of(shop))
    return tuple(Stored(Store.OBJECT, one.digest, one.size, one.written_at) for one in found)


def push(shop: Workshop, archives: Archives) -> tuple[str, ...]:
    """Put what the store lacks of this site into it; the folders that were. Raises as `keep` does."""
    there = frozenset(one.digest for one in archives.objects(space_of(shop)))
    history = shop.history()
    pushed = []
    for folder, apart in suspected(history, shop.storage.stored(), there):
        digest = keep(shop, archives, folder, apart)
        if digest is not None and digest not in there & {*history.archives.get(folder, ())}:
            pushed.append(folder)
    return tuple(pushed)
