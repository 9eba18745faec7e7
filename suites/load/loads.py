"""The loads of a session, and the judgement of a component by the first of them that says enough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from suites.errors import NotMeasured, SuitesError
from suites.hosts.reading import Observation
from suites.load.mix import Subject
from suites.load.sampled import Sample
from suites.seam.report import Retake, one_line

Judge = Callable[[Subject, Sequence[Sample]], Observation]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the requests of one load, and the name of the file that tells of them."""

    samples: tuple[Sample, ...]
    evidence: str


@dataclass(slots=True)
class Loads:
    """At most two loads on the same components: the second if the first says too little of one.

    `put` puts a load on them; one that fails is not tried again for the next check.
    """

    put: Callable[[Sequence[Subject]], Taken]
    subjects: Mapping[str, Subject]
    taken: list[Taken | SuitesError] = field(default_factory=list)

    def judged(self, component: str, judge: Judge, tell: Callable[[Retake], None]) -> Observation:
        """Judge a component; what the first load says too little of is told, and taken from the second.

        What was judged stays, whatever a second load would say. Raises NotMeasured if that one says too
        little, too, and what `put` raises.
        """
        first = self._load(0)
        try:
            return self._judge(first, component, judge)
        except NotMeasured as error:
            tell(Retake(one_line(str(error)), first.evidence))
        return self._judge(self._load(1), component, judge)

    def _load(self, number: int) -> Taken:
        while len(self.taken) <= number:
            try:
                self.taken.append(self.put(tuple(self.subjects.values())))
            except SuitesError as error:
                self.taken.append(error)
        taken = self.taken[number]
        if isinstance(taken, SuitesError):
            raise taken
        return taken

    def _judge(self, load: Taken, component: str, judge: Judge) -> Observation:
        own = [one for one in load.samples if one.due.component == component]
        return judge(self.subjects[component], own)
