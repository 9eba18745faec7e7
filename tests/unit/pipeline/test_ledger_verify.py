"""`promote ledger verify`, the head in every result, and what each reader says of a damaged event."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from desk import Desk, Way, green, open_attempt, red

from pipeline.core.chain import GENESIS, Head, head_of
from pipeline.core.errors import TryAgain
from pipeline.core.history import replay
from pipeline.core.rows import Row
from pipeline.core.snapshot import let_go
from pipeline.testing import MemoryLedger


def head(desk: Desk) -> Head:
    return head_of(desk.bench.store.rows)


def damage(desk: Desk, seq: int, **changes: object) -> None:
    rows = desk.bench.store.rows
    rows[seq - 1] = replace(rows[seq - 1], **changes)


def test_an_intact_ledger_is_said_to_be_so_with_its_head(standing: Desk) -> None:
    now = head(standing)

    assert standing("ledger", "verify") == 0
    assert standing.out.splitlines() == [f"the ledger is intact: {now.seq} events", f"ledger head: {now}"]
    found = standing.document("ledger", "verify", "--head", str(now))
    assert (standing.code, found["exit_code"], found["intact"], found["chained"]) == (0, 0, True, True)
    assert (found["events"], found["damaged"]) == (now.seq, [])
    assert found["ledger"] == {"head": now.seq, "digest": now.digest}


def test_a_snapshot_is_compared_with_the_events(standing: Desk) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    seq = head(standing).seq
    standing("hold", "--reason", "freeze")

    assert standing("ledger", "verify") == 0
    assert standing.out.splitlines()[1] == f"the snapshot at event {seq} is what the events give"
    assert standing.document("ledger", "verify")["snapshot"] == {"seq": seq, "differences": []}


def test_a_snapshot_that_differs_is_named_and_the_events_stay_as_they_are(standing: Desk) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    standing.bench.snapshots.change('"confirmed":true', '"confirmed":false')
    before = list(standing.bench.store.rows)

    assert standing("ledger", "verify") == 1
    seq = head(standing).seq
    assert standing.out.splitlines()[:2] == [
        f"the ledger is intact: {seq} events",
        f"the snapshot at event {seq} is not what the events give: the field stages differs",
    ]
    assert standing.err.splitlines() == ["next: rm -r site/snapshots"]
    assert standing.bench.store.rows == before
    found = standing.document("ledger", "verify")
    assert (found["intact"], found["snapshot"]["differences"]) == (True, ["the field stages"])


def test_a_comparison_lets_go_of_what_the_snapshot_has_as_well(standing: Desk) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    shop = standing.bench.shop()
    whole = replay(shop.ledger.read())

    held = let_go(whole, shop.snapshots.newest().history)

    assert held.attempts.fresh() == {}
    assert dict(held.attempts) == dict(whole.attempts)
    other = replace(whole, attempts=whole.attempts.put("p1", replace(whole.attempts["p1"], keep=True)))
    assert list(let_go(other, shop.snapshots.newest().history).attempts.fresh()) == ["p1"]


def test_a_snapshot_of_another_ledger_is_not_used(standing: Desk) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    last = standing.bench.store.rows.pop()
    standing.bench.store.rows.append(replace(last, digest="0" * 64))
    standing.bench.snapshots.change('"confirmed":true', '"confirmed":false')

    assert standing.bench.shop().history().stage("dev").confirmed


def test_a_ledger_that_was_never_written_to_is_intact(desk: Desk) -> None:
    assert desk("ledger", "verify") == 0
    assert desk.out.splitlines() == ["the ledger is intact: 0 events", f"ledger head: 0:{GENESIS}"]


def test_a_ledger_that_goes_on_continues_the_head_of_before(standing: Desk) -> None:
    before = head(standing)
    standing("hold", "--reason", "freeze")

    assert standing("ledger", "verify", "--head", str(before)) == 0
    assert f"{before.seq + 1} events, and continue event {before.seq} of the head given" in standing.out


def test_damage_is_named_with_what_to_do(standing: Desk) -> None:
    damage(standing, 4, event="{}")

    assert standing("ledger", "verify") == 1
    assert standing.out.splitlines()[0] == "event 4 was changed, or event 3 was replaced"
    assert standing.out.splitlines()[-1] == f"ledger head: {head(standing)}"
    assert standing.err == "next: docs/operate.md, 'Is the ledger intact?'\n"
    found = standing.document("ledger", "verify")
    assert (standing.code, found["exit_code"], found["intact"]) == (1, 1, False)
    assert [(one["seq"], one["last"], one["damage"]) for one in found["damaged"]] == [(4, 4, "changed")]


def test_a_ledger_that_was_cut_off_is_found_from_the_head_that_was_printed(standing: Desk) -> None:
    printed = standing.document("status")["ledger"]
    del standing.bench.store.rows[-2:]

    assert standing("ledger", "verify") == 0
    code = standing("ledger", "verify", "--head", f"{printed['head']}:{printed['digest']}")

    last = head(standing).seq
    assert code == 1
    assert standing.out.splitlines()[0] == (
        f"events {last + 1} to {last + 2} are cut off: the ledger ends at event {last}"
    )


def test_of_many_damaged_events_the_text_has_the_first_and_the_document_all(standing: Desk) -> None:
    for _ in range(4):
        standing("--stage", "dev")
    rows = standing.bench.store.rows
    for row in rows:
        damage(standing, row.seq, digest="")

    standing("ledger", "verify")
    assert standing.out.splitlines()[20] == f"and {len(rows) - 20} more; -o json has every one"
    assert len(standing.document("ledger", "verify")["damaged"]) == len(rows)


def test_a_ledger_from_before_digests_is_verified_and_says_so(standing: Desk) -> None:
    now = head(standing)
    for row in standing.bench.store.rows:
        damage(standing, row.seq, digest=None)

    assert standing("ledger", "verify", "--head", str(now)) == 0
    assert "its events have no digests yet; the next write adds them" in standing.out


@pytest.mark.parametrize("text", ["7", "7:abc", "seven"])
def test_a_head_that_is_none_is_a_usage_error(desk: Desk, text: str) -> None:
    assert desk("ledger", "verify", "--head", text) == 2
    assert "is not a head; copy one as `promote status` prints it: SEQ:DIGEST" in desk.err


@pytest.mark.parametrize("way", [green, red], ids=["green", "red"])
def test_the_head_is_printed_with_the_result_of_a_run(desk: Desk, way: Way) -> None:
    desk(*way(desk))
    assert desk.out.splitlines()[-1] == f"ledger head: {head(desk)}"

    found = desk.document(*way(desk))
    assert found["ledger"] == {"head": head(desk).seq, "digest": head(desk).digest}


def test_the_head_is_printed_by_every_other_command_that_runs_or_shows_the_state(standing: Desk) -> None:
    open_attempt(standing)
    for argv in (
        ["resume"],
        ["gate", "smoke", "--stage", "dev"],
        ["gate", "smoke", "--stage", "dev", "--repeat", "2"],
        ["status"],
    ):
        assert standing(*argv) == 0
        assert f"ledger head: {head(standing)}" in standing.out.splitlines()
    for argv in (["gate", "smoke", "--stage", "dev", "--repeat", "2"], ["status"]):
        assert standing.document(*argv)["ledger"] == {
            "head": head(standing).seq,
            "digest": head(standing).digest,
        }


def test_a_head_that_cannot_be_read_does_not_change_the_result_of_a_run(
    standing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_self: MemoryLedger) -> Head:
        raise TryAgain("the ledger is busy")

    monkeypatch.setattr(MemoryLedger, "head", busy)

    assert standing("--stage", "dev") == 0
    assert "verified" in standing.out
    assert standing.err.splitlines()[-1] == "the ledger's head could not be read: the ledger is busy"
    assert standing.document("--stage", "dev")["ledger"] is None


READERS = ("status", "history", "releases", "plan", "show", "hold", "resume", "promote")
ARGUMENTS = {
    "plan": ["plan", "--stage", "dev"],
    "show": ["show", "p1"],
    "hold": ["hold", "--stage", "dev", "--reason", "freeze"],
    "promote": ["--stage", "dev"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"event": "HoldLifted", "schema": 2}'])
def test_every_reader_names_a_damaged_event(standing: Desk, reader: str, text: str) -> None:
    damage(standing, 4, event=text)
    before: Sequence[Row] = list(standing.bench.store.rows)

    assert standing(*ARGUMENTS.get(reader, [reader]), "--site", "/srv/other") == 1

    assert standing.err.startswith("event 4 of the ledger in memory is damaged: ")
    assert standing.err.splitlines()[-1] == "next: promote ledger verify --site /srv/other"
    assert standing.bench.store.rows == before


def test_a_missing_event_leads_to_verify(standing: Desk) -> None:
    del standing.bench.store.rows[3]

    assert standing("status") == 1
    assert standing.err.splitlines() == ["event 5 follows event 3", "next: promote ledger verify"]
