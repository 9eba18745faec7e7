"""Words that were replaced stay out: docs/glossary.md has the ones that are used, each once."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINE = "\n"
# By what was replaced, what is said instead.
REPLACED = {
    r"\bbirths?\b|\bborn\b|\bbears? (the|a|its) cluster": "bootstrap",
    r"\bdoors?\b": "gateway",
    r"\bhiccups?\b": "transient failure",
    r"Outcome\.RETURNED|\breturn_failed\b|\bKind\.RETURN\b|\bthe return (failed|may|goes)": "rollback",
    r"\bPromotion(Started|Ended)\b": "AttemptStarted, AttemptEnded",
    r"\bSuffering\b|\bsuffers\b": "FaultCase, faults",
    r"\bmakes no sense\b": "returned a malformed answer",
    r"\bcannot be had\b": "could not be fetched",
    r"\bdid not come true\b": "timed out",
    r"\bown eyes\b": "observed",
    r"\bsaid no result\b": "exited without a result",
    r"\bthis machine said no\b": "operating system error",
    r"\bgate said no\b": "a gate failed",
    r"\bgiv(e|es|ing) (it|an interrupted run|the attempt) up\b": "abandon",
    r"\bnothing is no pass\b": "no evidence is not a pass",
    r"\bstands twice\b": "duplicate, listed twice",
    r"\bit said nothing\b": "no output",
    r"\bis not understood\b": "can't be parsed",
    r"\bno (JSON|YAML)\b": "not JSON, not YAML",
    r"\blength of time\b": "duration",
    r"\bof use again\b": "works again",
    r"\bhas no way back\b": "can't be reverted",
}
# What was said before is history, or is read from history.
HISTORY = ("docs/decisions/", "docs/performance.md", "pipeline/core/upcasting.py", "tests/test_words.py")
# Data of old, and texts of others.
DATA = (
    "fixtures/",
    "tests/unit/pipeline/ledgers/",
    "tests/unit/pipeline/test_codec.py",
    "stages/machine/images/locks/",
)


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The text of each file of the tree, history and data left out."""
    listed = subprocess.run(("git", "ls-files"), cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.splitlines() if not name.startswith((*HISTORY, *DATA))]
    files = [name for name in names if (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in files}


@pytest.mark.parametrize(("replaced", "instead"), REPLACED.items(), ids=list(REPLACED.values()))
def test_a_word_that_was_replaced_is_used_no_more(
    written: dict[str, str], replaced: str, instead: str
) -> None:
    pattern = re.compile(replaced)
    found = [
        f"{name}:{text.count(LINE, 0, match.start()) + 1}: {match[0]} (say: {instead})"
        for name, text in written.items()
        # A name of two words is found as the two, and a name that is replaced as it is written.
        for reading in ({text, text.replace("_", " ")} if "_" in replaced else {text.replace("_", " ")})
        for match in pattern.finditer(reading)
    ]
    assert not found, "\n".join(found)
