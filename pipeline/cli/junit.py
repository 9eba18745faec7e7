"""What gates found as JUnit XML, for a CI server: with names that are unique in a run and equal in the next.

pytest's own file names a check by its file: two gates of a run, or one gate in two legs, have the same names,
and a server that compares runs by names takes one for the other.
"""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.cli.checks_reported import Reported
from pipeline.core.causes import causes_of
from pipeline.core.verdict import Evidence, Finding

# XML 1.0 has no way to write them.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The element of a test that did not pass; none for a pass, and `error` for all that is no answer.
_ELEMENTS = {"passed": None, "failed": "failure", "skipped": "skipped"}
_ONCE = "-"


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: the place of a gate with the component, the check with its host, how it ended, and why."""

    place: str
    name: str
    outcome: str
    seconds: float = 0.0
    why: str = ""


def cases(place: str, reported: Iterable[Reported], evidence: Evidence | None) -> Iterator[Case]:
    """The cases of one run of a gate; with the verdict on it, also what was not run, and what is whose cause.

    `place` is what tells the gate's run from the others of its run.
    """
    of_cause = _explained(evidence) if evidence is not None else {}
    known = set()
    for one in reported:
        key = (one.component, one.host, one.check)
        known.add(key)
        why = one.seen if one.outcome == "passed" else "\n".join([one.seen, *of_cause.get(key, ())])
        yield Case(f"{place}.{one.component}", _named(one.check, one.host), one.outcome, one.seconds, why)
    for found in evidence.findings if evidence is not None else ():
        if _key(found) not in known:
            where = f"{place}.{found.component}" if found.component else place
            yield Case(where, _named(found.check, found.host), "not run", 0.0, found.seen)


def junit(name: str, told: Iterable[Case], taken: set[str]) -> str:
    """The document of these cases. `taken` are the names in the run so far; one of them gets a number."""
    suite = ET.Element("testsuite", name=_writable(name))
    counts: Counter[str] = Counter()
    for one in told:
        place = _writable(one.place)
        attributes = {"classname": place, "name": _free(place, _writable(one.name), taken)}
        case = ET.SubElement(suite, "testcase", attributes, time=f"{one.seconds:.3f}")
        element = _ELEMENTS.get(one.outcome, "error")
        counts["tests"] += 1
        if element is not None:
            counts["skipped" if element == "skipped" else f"{element}s"] += 1
            message = _writable(one.why.partition("\n")[0] or one.outcome)
            ET.SubElement(case, element, message=message).text = _writable(one.why)
    for kind in ("tests", "failures", "errors", "skipped"):
        suite.set(kind, str(counts[kind]))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _free(place: str, name: str, taken: set[str]) -> str:
    """The name, with the first number that makes it free, if it is taken there; it is then."""
    number, free = 1, name
    while f"{place} {free}" in taken:
        number += 1
        free = f"{name} ({number})"
    taken.add(f"{place} {free}")
    return free


def _explained(evidence: Evidence) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    """By check, the line that says of what it is a likely consequence."""
    return {
        _key(one): (f"likely a consequence of {cause.finding.name()} on {cause.finding.host}",)
        for cause in causes_of(evidence)
        for one in cause.consequences
    }


def _key(one: Finding) -> tuple[str, str, str]:
    return (one.component, one.host, one.check)


def _named(check: str, host: str) -> str:
    return check if host == _ONCE else f"{check} on {host}"


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
