"""A request that lacks what its verb needs is told what, and nothing is done."""

from pathlib import Path

import pytest
from stage_sample import SHIPPED

from stages.machine.substrates.connections import Connections
from stages.requests.answering import answer


@pytest.mark.parametrize(
    ("key", "verbs"),
    {
        "stage": ("plan", "begin", "perform", "roster", "target", "collect", "planes"),
        "site": ("plan", "lab-status", "lab-down"),
        "config": ("plan", "check", "doctor"),
        "gate": ("roster",),
        "new": ("begin",),
        "step": ("perform",),
        "into": ("collect",),
    }.items(),
)
def test_a_request_without_a_key_that_its_verb_needs_is_told_which(
    tmp_path: Path, key: str, verbs: tuple[str, ...]
) -> None:
    whole: dict[str, object] = {
        "protocol": 1,
        "site": str(tmp_path / "site"),
        "config": str(SHIPPED),
        "stage": "prod",
        "release": "r1",
        "first": False,
        "artifacts": {},
    }
    request = {name: value for name, value in whole.items() if name != key}
    for verb in verbs:
        result = answer(verb, request, lambda *_: None, Connections())
        assert (result["ok"], result["transient"]) == (False, False)
        assert result["error"]["what"] == f"the request has no {key}", verb
        assert all(result["error"].values()), verb
