"""docs/gates.md is what the code gives now, and tells of no proof that there is not."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import gate_checks
import gate_code
import gate_page
import gate_proofs
import pytest
from gate_checks import Check
from gate_page import Page
from gate_proofs import Seeded
from pages import ROOT, TEXT

from suites.components.keystone.test_smoke import test_catalog_names_identity as compares
from suites.components.keystone.test_smoke import test_token_is_valid_everywhere as asks_each
from suites.components.nova_api.test_smoke import test_server_is_created as asks_both
from suites.components.nova_api.test_smoke import test_upgrade_check as asks_one
from suites.components.placement.test_smoke import test_resource_providers_are_the_computes as asks_the_vip

WELL = Check("smoke", "galera", "one_cluster", "each host", "all is well")
ILL, ASIDE = (Check("smoke", "galera", name, "each host", "all is well") for name in ("durable", "aside"))
DEFECT = Seeded("split", "tests/e2e/defects.py", (WELL.path,))


@pytest.fixture(scope="module")
def made() -> Page:
    return gate_page.made()


def test_the_page_is_what_the_code_gives(made: Page) -> None:
    assert TEXT["docs/gates.md"] == made.text(), "write it again: python setup/gates_page"


def test_every_check_of_every_roster_is_told_once_and_says_what_it_judges(made: Page) -> None:
    paths = [one.path for one in made.checks]
    assert len(paths) == len(set(paths))
    assert len(made.checks) > 200
    assert not [one.path for one in made.checks if not one.where or not one.says_whether]


def test_each_defect_of_the_tests_is_told_and_stands_where_it_is_looked_for(made: Page) -> None:
    told = {one.name for many in made.seeded.values() for one in many}
    assert {
        "a-galera-node-outside-the-cluster",
        "keystone-keeps-dead-connections",
        "the-cell-mapping-gone",
    } <= told
    assert "the-injector-does-nothing" not in told, "it leaves its check inconclusive, which is not red"
    elsewhere = [
        path.name
        for path in ROOT.glob("tests/e2e/*.py")
        if re.search(r"seen_by=\{[^}]", path.read_text()) and not path.stem.endswith("defects")
    ]
    assert not elsewhere, "put the defect into a file of defects, where docs/gates.md finds it"


def test_a_check_without_a_defect_is_counted_and_listed_as_such() -> None:
    page = Page({}, (WELL, ILL, ASIDE), {WELL.path: (DEFECT,)}, {ILL.path: ("tests/unit/suites/test_x.py",)})
    assert "2 of 3 checks are proved red by no seeded defect; 1 seeded defects prove 1." in page.text()
    assert "| smoke | 3 | 1 | 1 | 1 |" in page.text()
    assert "  - galera: `durable`, **`aside`**\n" in page.text()
    assert page.unproved() == (ILL, ASIDE)


def test_a_defect_that_no_check_of_a_gate_can_see_is_refused() -> None:
    with pytest.raises(
        LookupError, match="split is seen by smoke/galera/one_cluster, which no gate asks for"
    ):
        gate_proofs.seen_by([DEFECT], {ILL.path})


def test_a_defect_that_was_never_put_into_a_stage_proves_nothing() -> None:
    (check,) = DEFECT.seen_by
    assert gate_proofs.seen_by([DEFECT], {check}) == {check: (DEFECT,)}
    assert gate_proofs.seen_by([replace(DEFECT, tried=False)], {check}) == {}


@pytest.mark.parametrize(
    ("test", "counts"),
    [
        ("assert unmet(node.alone(1))", True),
        ("seen = node.alone(1)\n    assert unmet(seen) == 'alone'", True),
        ("assert not node.alone(1).holds", True),
        ("assert node.alone(1).holds is False", True),
        ("assert helping().holds is wanted", True),
        ("assert met(node.alone(1))", False),
        ("assert node.alone(1).holds", False),
        ("assert node.alone(1).holds is True", False),
        ("assert node.other(1).outcome is Outcome.FAILED; node.alone(1)", False),
    ],
)
def test_only_what_does_not_hold_in_a_test_proves_a_judgement(
    tmp_path: Path, test: str, *, counts: bool
) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(
        "from suites import node\ndef helping(): return node.alone(2)\ndef test_it(wanted):\n    " + test
    )
    ast.parse(path.read_text())
    proved = gate_proofs.red_in(path)
    assert ("suites.node.alone" in proved) is counts


def test_where_a_check_asks_is_read_from_what_its_code_reaches() -> None:
    vip, own = gate_code.VIP, gate_code.OWN_ADDRESS
    assert gate_code.asked_through(asks_the_vip) == {vip}
    assert gate_code.asked_through(asks_both) == {vip, own}
    assert gate_code.asked_through(asks_each) == {own}
    assert gate_code.asked_through(compares) == {own}, "the VIP's address is only compared"
    assert gate_code.asked_through(asks_one) == set()
    assert not gate_code.takes_all(asks_one)


def test_each_file_of_defects_is_of_a_gate() -> None:
    assert {one.partition("/")[0] for defect in gate_proofs.seeded() for one in defect.seen_by} == set(
        gate_checks.ORDER
    )
