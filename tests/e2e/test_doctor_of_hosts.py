"""The doctor asks standing hosts: what they lack it names, and being asked leaves no mark on them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from checkout import Checkout, run_program

pytestmark = pytest.mark.lab

TABLE = "inet doctor"


@contextmanager
def dropped(checkout: Checkout, host: str, port: int) -> Iterator[None]:
    """A firewall on the host that drops what comes to this port. Nobody uses the port meanwhile."""
    hosts = {one["name"]: one for one in checkout.target("staging")["hosts"]}

    def nft(command: str) -> None:
        """The machine's program, in the host's network: hosts have none."""
        done = run_program(*hosts[host]["network"], "nft", command)
        assert done.code == 0, done.err

    nft(f"add table {TABLE}")
    try:
        nft(f"add chain {TABLE} input {{ type filter hook input priority 0; }}")
        nft(f"add rule {TABLE} input tcp dport {port} drop")
        yield
    finally:
        nft(f"delete table {TABLE}")


def asked(checkout: Checkout, *, expect: int) -> dict[str, dict[str, Any]]:
    document = checkout.promote("doctor", "--stage", "staging", "-o", "json", expect=expect).document
    return {host["host"]: host for host in document["hosts"]}


def test_where_no_host_exists_yet_the_machine_is_judged_alone() -> None:
    with closing(Checkout("doctor").fresh().small()) as checkout:
        assert asked(checkout, expect=0) == {}


def test_what_hosts_lack_is_named_and_asking_them_disturbs_nobody(shared: Checkout) -> None:
    rows = asked(shared, expect=0)
    assert set(rows) == {host["name"] for host in shared.target("staging")["hosts"]}
    assert all(row["fit"] and ", 0 out of reach" in row["seen"] for row in rows.values())
    assert "0 closed" not in rows["database-1"]["seen"], "nothing listens for state transfers now"
    assert ": 0 open" not in rows["database-1"]["seen"]

    with dropped(shared, "database-2", 4568):
        rows = asked(shared, expect=2)
    callers = {"database-1", "database-3"}
    assert {name for name, row in rows.items() if not row["fit"]} == callers
    for name in callers:
        (problem,) = rows[name]["problems"]
        assert problem["what"] == "it does not reach database-2 at 4568 (transfer of missed writes)"
        assert problem["why"] == "timed out"
    # Its journals would say so if a program took a connection without a word for an error.
    shared.promote("gate", "smoke", "--stage", "staging", expect=0)
