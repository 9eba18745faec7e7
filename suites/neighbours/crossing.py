"""How a check writes through one colour and reads through the other, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass

from suites.errors import NotMeasured, SuitesError
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour, Pair
from suites.seam.report import Outcome, one_line

# Writes through the first colour, reads through the second, and returns what it saw in words.
# Raises SuitesError when something is not as it must be.
Walk = Callable[[Neighbour, Neighbour, Made], str]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Said:
    """The result of a check; INCONCLUSIVE if it saw too little to judge."""

    outcome: Outcome
    seen: str


def concluded(made: Made, act: Callable[[], str]) -> Said:
    """Do what a check does, then remove what it made; return both results.

    What can't be removed makes it FAILED; NotMeasured makes it INCONCLUSIVE, any other SuitesError FAILED.
    """
    try:
        said = _acted(act)
    finally:
        left = made.remove()
    if left:
        return Said(Outcome.FAILED, "; ".join([*left, said.seen]))
    return said


def _acted(act: Callable[[], str]) -> Said:
    try:
        return Said(Outcome.PASSED, act())
    except NotMeasured as error:
        return Said(Outcome.INCONCLUSIVE, one_line(str(error)))
    except SuitesError as error:
        return Said(Outcome.FAILED, one_line(str(error)))


def crossed(pair: Pair, name: str, walk: Walk, tell: Tell) -> Said:
    """Walk from each colour to the other; the worse of the two results counts, and both are told.

    What is made is named `name`, with the colour through which it is made.
    """
    results = []
    for writer, reader in pair.ways:
        made = Made(pair, f"{name}-{writer.colour}", tell)
        results.append(_way(writer, reader, made, walk))
    outcomes = [said.outcome for said in results]
    worst = next((one for one in (Outcome.FAILED, Outcome.INCONCLUSIVE) if one in outcomes), Outcome.PASSED)
    counted = [said.seen for said in results if said.outcome is worst]
    rest = [said.seen for said in results if said.outcome is not worst]
    return Said(worst, "; ".join([*counted, *rest]))


def _way(writer: Neighbour, reader: Neighbour, made: Made, walk: Walk) -> Said:
    made.tell(f"{made.name}: {writer.colour} writes, {reader.colour} reads")
    said = concluded(made, lambda: walk(writer, reader, made))
    return Said(said.outcome, f"{writer.colour} to {reader.colour}: {said.seen}")
