"""`promote` as a process on a shared ledger: moved there, on two machines, while its server restarts."""

import json
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from machine import Machine
from postgres_server import PASSWORD, Server, running
from shared_ledgers import DatabaseClock, migrated


@pytest.fixture
def url(postgres: Server, tmp_path: Path) -> str:
    return migrated(postgres, tmp_path)


@pytest.fixture
def other(machine: Machine, tmp_path: Path) -> Machine:
    """Another machine with the same checkout. They share the hosts of the stages, and no site."""
    made = Machine(tmp_path / "other")
    made.site.mkdir()
    (machine.site / "world").mkdir(parents=True, exist_ok=True)
    (made.site / "world").symlink_to(machine.site / "world")
    return made


def outcomes(machine: Machine, url: str) -> list[tuple[str, str, str]]:
    listed = json.loads(machine.promote("history", "-o", "json", STAGEGATE_LEDGER=url))["attempts"]
    return [(row["id"], row["alias"], row["outcome"]) for row in listed]


def test_a_ledger_moves_to_a_database_with_its_numbers_and_digests(
    machine: Machine, postgres: Server, tmp_path: Path
) -> None:
    machine.promote("--stage", "dev")
    export, url = tmp_path / "export", postgres.database()
    printed = json.loads(machine.promote("ledger", "export", str(export), "-o", "json"))["ledger"]
    head = f"{printed['head']}:{printed['digest']}"
    before = machine.promote("show", "p1", "-o", "json")

    machine.promote("ledger", "migrate", STAGEGATE_LEDGER=url)
    machine.promote("ledger", "import", str(export), STAGEGATE_LEDGER=url)

    found = machine.promote("ledger", "verify", "--head", head, STAGEGATE_LEDGER=url)
    assert f"ledger head: {head}" in found
    assert machine.promote("show", "p1", "-o", "json", STAGEGATE_LEDGER=url) == before
    assert machine.promote("ledger", "export", "-", STAGEGATE_LEDGER=url) == export.read_text()
    machine.promote("--stage", "staging", STAGEGATE_LEDGER=url)
    assert outcomes(machine, url) == [("p1", "r1", "verified"), ("p2", "r1", "verified")]
    machine.promote("ledger", "import", str(export), code=2, STAGEGATE_LEDGER=url)
    assert "only an empty ledger" in machine.err


def test_what_a_killed_machine_began_is_ended_by_another(machine: Machine, other: Machine, url: str) -> None:
    clock = DatabaseClock(url)
    machine.pause(stay=True)
    killed = machine.start("--stage", "dev", STAGEGATE_LEDGER=clock.url)
    machine.go_on()
    other.promote("--stage", "dev", code=5, STAGEGATE_LEDGER=clock.url)
    assert "dev is locked" in other.err
    killed.kill()
    killed.communicate()
    (machine.site / "stay").unlink()

    clock.sleep(61)
    other.promote("pin", STAGEGATE_LEDGER=clock.url)
    other.promote("resume", STAGEGATE_LEDGER=clock.url)

    assert outcomes(other, clock.url) == [("p1", "r1", "verified")]
    assert json.loads((other.site / "leases/dev.json").read_text()) == {"token": 2}
    assert not (other.site / "ledger.sqlite").exists()


def test_a_run_outlives_a_restart_of_the_database_and_records_what_that_cost(
    machine: Machine, tmp_path: Path
) -> None:
    with running(durable=True) as server:
        url = migrated(server, tmp_path)
        machine.pause()
        promoting = machine.start("--stage", "dev", STAGEGATE_LEDGER=url)
        machine.go_on()
        server.stop("immediate")
        time.sleep(1)
        server.start()
        _out, err = promoting.communicate(timeout=120)

        assert promoting.returncode == 0, err
        assert err.count("the ledger cannot be reached, and is tried again") == 1
        assert outcomes(machine, url) == [("p1", "r1", "verified")]
        assert "is intact" in machine.promote("ledger", "verify", STAGEGATE_LEDGER=url)
        lines = machine.promote("ledger", "export", "-", STAGEGATE_LEDGER=url).splitlines()
    returned = json.loads(json.loads(lines[-1])["event"])
    assert returned["event"] == "LeaseReturned"
    asked = {f"the ledger, {what}" for what in ("reading", "writing", "asking how a commit ended")}
    assert {retry["what"] for retry in returned["retries"]} <= asked
    assert returned["retries"]


def test_a_user_with_few_rights_is_enough_and_its_password_is_nowhere(
    machine: Machine, postgres: Server, url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    postgres.execute(
        name,
        "DROP ROLE IF EXISTS guarded",
        f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'",
        "GRANT SELECT, INSERT ON events TO guarded",
        "GRANT SELECT, INSERT, UPDATE ON leases TO guarded",
        "GRANT SELECT ON stagegate_schema TO guarded",
    )
    address = postgres.url(name, user="guarded", password="env:LEDGER_PASSWORD")
    known = {"STAGEGATE_LEDGER": address, "LEDGER_PASSWORD": PASSWORD}

    machine.pause()
    with machine.start("--stage", "dev", "-o", "json", **known) as promoting:
        machine.go_on()
        command_lines = _command_lines()
        out, err = promoting.communicate(timeout=120)

    assert promoting.returncode == 0, err
    ledger = machine.promote("ledger", "export", "-", **known)
    kept = [path.read_bytes() for path in machine.site.rglob("*") if path.is_file()]
    assert not [text for text in (out, err, ledger) if PASSWORD in text]
    assert not [text for text in (command_lines, *kept) if PASSWORD.encode() in text]
    postgres.execute(name, "DROP OWNED BY guarded")


def _command_lines() -> bytes:
    """The command lines of all processes."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            found += path.read_bytes()
    return found


def test_an_address_with_a_password_is_refused_and_not_repeated(machine: Machine) -> None:
    machine.promote("status", code=2, STAGEGATE_LEDGER=f"postgresql://u:{PASSWORD}@db/ledger")

    assert "the address in STAGEGATE_LEDGER cannot be used" in machine.err
    assert PASSWORD not in machine.err
