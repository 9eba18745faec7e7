"""A gate that makes the checks of another once more: all but those that it leaves out, and its own."""

from pathlib import Path

import pytest
from config_sample import SHIPPED, replace, told

from stages.config import read


def test_the_final_gate_makes_what_smoke_makes_but_for_what_only_a_deployment_changes() -> None:
    gates = read(SHIPPED).gates
    smoke, final = gates["smoke"], gates["final"]
    for component, checks in smoke.each_host.items():
        kept = [check for check in checks if check not in {"versions", "config_is_valid", "data_is_its_own"}]
        assert list(final.each_host[component]) == kept
    kept = ("agents_are_alive_and_stay", "port_binds", "hosts_agree", "inventory_is_as_before")
    assert final.once["neutron"] == kept
    assert set(smoke.once) == set(final.once)


def test_another_smoke_is_another_final_gate(config: Path) -> None:
    before = read(config).gates["final"].definition()
    replace(config, "gates.yaml", "cinder: [scheduler_is_up,", "cinder: [locks_are_held,")
    assert read(config).gates["final"].definition() != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "    gate: smoke\n",
            "    gate: smok\n",
            "'smok' has checks of its own (did you mean 'smoke'?)",
        ),
        ("    gate: smoke\n", "    gate: final\n", "no gate 'final' has checks of its own"),
        ("      - versions\n", "      - version\n", "the gate 'smoke' has no check 'version'"),
        ("    gate: smoke\n", "    gates: smoke\n", "unknown key 'gates'"),
    ],
)
def test_what_can_not_be_made_again_is_refused(config: Path, old: str, new: str, said: str) -> None:
    replace(config, "gates.yaml", old, new)
    assert said in "\n".join(told(config))
