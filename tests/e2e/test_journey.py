"""A release's way: through the stages, again, and back when a gate says no. On the real lab."""

import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from checkout import Checkout
from watching import watched

pytestmark = pytest.mark.lab

TEMPLATE = "stages/roles/database/templates/galera.cnf"
SUITE = "suites/components/galera/test_smoke.py"
BAD_CHECK = '''

def test_there_is_one_database(target: Target) -> None:
    """True in dev only: a defect that staging is there to find."""
    assert len(target.carrying("galera")) == 1
'''


def outcomes(checkout: Checkout, stage: str) -> list[tuple[str, str]]:
    return [(entry["alias"], entry["outcome"]) for entry in checkout.history() if entry["stage"] == stage]


def show(checkout: Checkout, attempt: str) -> dict[str, Any]:
    document: dict[str, Any] = checkout.promote("show", attempt, "-o", "json", expect=0).document
    return document


def test_the_same_release_again_is_a_promotion_of_its_own_that_changes_nothing(shared: Checkout) -> None:
    shared.promote("--stage", "staging", expect=0)
    last = shared.history()[-1]
    assert last["outcome"] == "verified"
    assert [bar["name"] for bar in show(shared, last["id"])["timeline"]] == ["gate smoke"]
    retries = [show(shared, entry["id"])["attempt"]["retries"] for entry in shared.history()]
    assert not any(retries), retries


def test_a_client_runs_where_the_stage_can_be_reached(shared: Checkout) -> None:
    assert shared.openstack("staging", "token", "issue", "-f", "json").document["id"]


def test_a_changed_database_setting_goes_node_by_node_under_a_client_that_hardly_notices(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    code_before = newest(shared)["code"]
    shared.edit("config/roles.yaml", "max_connections: 2000", "max_connections: 1001")
    shared.commit("Allow one more connection")
    shared.promote("--stage", "dev", expect=0)
    assert newest(shared)["code"] == code_before, "a change of config only keeps the code"
    assert_prod_refuses(shared, newest(shared)["alias"])
    with watched(staging_target, tmp_path) as client:
        shared.promote("--stage", "staging", expect=0)
    timeline = show(shared, shared.history()[-1]["id"])["timeline"]
    restarts = {bar["name"]: bar["seconds"] for bar in timeline if "manifest" in bar["name"]}
    assert list(restarts) == ["manifest/database-3", "manifest/database-2", "manifest/database-1"]
    for name, seen in client.measures.items():
        # Nobody waits longer than one member takes to restart, whatever the machine is busy with.
        assert seen.longest_gap_s < max(restarts.values()), name
    for number in (1, 2, 3):
        assert "1001" in shared.ssh("staging", f"database-{number}", "mariadb -e 'SELECT @@max_connections'")


def newest(checkout: Checkout) -> dict[str, Any]:
    release: dict[str, Any] = checkout.promote("releases", "-o", "json", expect=0).document["releases"][-1]
    return release


def assert_prod_refuses(checkout: Checkout, alias: str) -> None:
    """A release that is pinned and not verified in staging is refused in prod, and nothing is recorded."""
    before = checkout.history()
    refused = checkout.promote("--stage", "prod", "--release", alias, expect=9)
    assert "staging" in refused.err
    assert checkout.history() == before


def test_a_changed_load_balancer_loses_no_connection_and_moves_no_vip(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    shared.edit("config/roles.yaml", "maxconn: 2000", "maxconn: 2001")
    shared.commit("Allow the load balancers one more connection")
    shared.promote("--stage", "dev", expect=0)
    holder = shared.holder_of_the_vip("staging")
    with watched(staging_target, tmp_path) as client:
        shared.promote("--stage", "staging", expect=0)
    assert client.ended("sql-kept") == []
    assert shared.holder_of_the_vip("staging") == holder
    assert "2001" in shared.ssh("staging", "loadbalancer-1", "grep maxconn /etc/haproxy/haproxy.cfg")


def test_a_red_gate_takes_the_stage_back_code_and_config(shared: Checkout) -> None:
    good = outcomes(shared, "staging")[-1][0]
    digest = "sha256sum /etc/mysql/mariadb.conf.d/90-stagegate.cnf"
    before = shared.ssh("staging", "database-1", digest)
    shared.edit(
        TEMPLATE, "performance_schema = OFF", "performance_schema = OFF\n# changed by the release that fails"
    )
    suite = shared.path / SUITE
    suite.write_text(suite.read_text() + BAD_CHECK)
    shared.commit("Look for one database only")
    shared.promote("--stage", "dev", expect=0)
    red = shared.promote("--stage", "staging", expect=3)
    shared.revert()  # the checkout is sound again, for the tests that come after
    ends = outcomes(shared, "staging")
    assert ends[-2][1] == "failed"
    assert ends[-1] == (good, "rolled_back")
    assert shared.ssh("staging", "database-1", digest) == before
    assert_evidence_of_the_red_gate(shared)
    assert_the_old_suite_judged_the_rollback(shared)
    end = "\n".join(red.err.strip().splitlines()[-5:])
    assert "there_is_one_database" in end
    assert "promote " in end


def assert_evidence_of_the_red_gate(checkout: Checkout) -> None:
    failed, rollback = checkout.history()[-2:]
    told = show(checkout, failed["id"])
    journals = [file for folder in told["diagnostics"] for file in Path(folder).rglob("journal.txt")]
    assert journals
    began = datetime.fromisoformat(rollback["started_at"]).timestamp()
    assert all(file.stat().st_mtime <= began + 1 for file in journals), (
        "collected before anything is rolled back"
    )
    configuration = [Path(folder) / "database-1/galera-configuration.txt" for folder in told["diagnostics"]]
    assert any("changed by the release that fails" in file.read_text() for file in configuration)


def assert_the_old_suite_judged_the_rollback(checkout: Checkout) -> None:
    failed, rollback = checkout.history()[-2:]
    tests = {}
    for attempt in (failed, rollback):
        report = next((checkout.site / "runs" / attempt["id"]).glob("smoke-*/report.json"))
        tests[attempt["id"]] = {check["check"] for check in json.loads(report.read_text())["checks"]}
    assert "there_is_one_database" in tests[failed["id"]]
    assert "there_is_one_database" not in tests[rollback["id"]]


def test_a_failed_release_never_reaches_production(shared: Checkout) -> None:
    failed = [entry["alias"] for entry in shared.history() if entry["outcome"] == "failed"]
    assert_prod_refuses(shared, failed[-1])


def test_a_held_stage_takes_nothing(shared: Checkout) -> None:
    shared.promote("hold", "--stage", "staging", "--reason", "a look at the graphs", expect=0)
    try:
        held = shared.promote("--stage", "staging", expect=6)
        assert "a look at the graphs" in held.err
    finally:
        shared.promote("unhold", "--stage", "staging", expect=0)


def test_a_dirty_tree_is_refused_with_its_files(shared: Checkout) -> None:
    stray = shared.path / "stray.txt"
    stray.write_text("not committed")
    try:
        refused = shared.promote("--stage", "dev", expect=2)
        assert "stray.txt" in refused.err
    finally:
        stray.unlink()


def test_no_secret_stands_where_people_look(shared: Checkout) -> None:
    folder = shared.site / "secrets"
    values = [file.read_text() for file in folder.rglob("*") if file.is_file() and file.name != "digest-key"]
    assert values
    run = shared.start("--stage", "staging", "--release", "r1")
    commands = set()
    while run.poll() is None:
        commands |= command_lines()
    out, err = run.communicate()
    texts = {"the process list": "\n".join(commands), "stdout": out, "stderr": err}
    for host in shared.target("staging")["hosts"]:
        texts[f"the journal of {host['name']}"] = shared.ssh("staging", host["name"], "journalctl --no-pager")
        texts[f"state.json of {host['name']}"] = shared.ssh(
            "staging", host["name"], "cat /var/lib/stagegate/state.json"
        )
    files = [
        shared.site / "ledger.sqlite",
        *(shared.site / "runs").rglob("*"),
        *(shared.site / "releases").rglob("*"),
    ]
    texts |= {str(file): file.read_bytes().decode(errors="replace") for file in files if file.is_file()}
    assert [name for name, text in texts.items() if any(value in text for value in values)] == []
    for private in (
        *folder.rglob("*"),
        *(shared.site / "stages").rglob("*.json"),
        *(shared.site / "stages").rglob("*.yaml"),
    ):
        assert not private.is_file() or private.stat().st_mode & 0o077 == 0, private


def command_lines() -> set[str]:
    """The arguments of every process of this machine, the lab's hosts included."""
    found = set()
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # no process, or it has ended meanwhile
            found.add((process / "cmdline").read_text(errors="replace"))
    return found
