"""The load of a gate: only the gate of that name has one, and it says how much, how long and how patient."""

from pathlib import Path

import pytest
from config_sample import SHIPPED, replace, told

from stages.config import read
from stages.config.models import Load

SHIPPED_LOAD = Load(rate=22.0, lasts=19.0, waits=0.5)


def test_the_shipped_load_is_read_with_its_units() -> None:
    gates = read(SHIPPED).gates
    assert gates["load"].load == SHIPPED_LOAD
    assert {name for name, gate in gates.items() if gate.load is not None} == {"load"}


def test_another_load_makes_another_gate_of_which_older_evidence_proves_nothing(config: Path) -> None:
    before = read(config).gates
    replace(config, "gates.yaml", "rate: 22 ", "rate: 11 ")
    after = read(config).gates
    assert {name for name in after if after[name].definition() != before[name].definition()} == {"load"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rate: 22 ", "rate: 0 ", "rate: should be greater than 0"),
        ("waits: 500ms", "waits: 2s", "waits: should be less than or equal to 1.5"),
        ("lasts: 19s", "lasts: 19", "is not a duration"),
        ("  load:\n    rate", "  lode:\n    rate", "unknown key 'lode'"),
        ("smoke:\n", "smoke:\n  load: {rate: 1, lasts: 9s, waits: 1s}\n", "'smoke' puts no load on a stage"),
    ],
)
def test_a_load_that_means_nothing_is_refused(config: Path, old: str, new: str, said: str) -> None:
    replace(config, "gates.yaml", old, new)
    assert said in "\n".join(told(config))


def test_the_gate_without_its_load_is_refused_with_one_to_begin_with(config: Path) -> None:
    text = (config / "gates.yaml").read_text()
    before, _, after = text.partition("  load:\n    rate")
    (config / "gates.yaml").write_text(before + after[after.index("\n\n") :])
    (problem,) = told(config)
    assert "the key 'load' is missing" in problem
    assert "rate: 22, lasts: 19s" in problem
