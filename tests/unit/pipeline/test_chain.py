"""Rows chained by digest: each way to tamper with a ledger is named, with the event."""

import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.chain import (
    GENESIS,
    Head,
    append,
    chain,
    digest_of,
    head_of,
    parse_head,
)
from pipeline.core.errors import LedgerDamaged, LedgerNotUnderstood
from pipeline.core.rows import Row, read, write
from pipeline.core.verification import Damage, Damaged, verify

EVENTS = [ev.HoldPlaced(None, f"reason {n}", Actor("somebody")) for n in range(1, 8)]
ROWS = append(Head(), 1000000.1, EVENTS)
WHOLE = verify(ROWS)


def found(rows: tuple[Row, ...], earlier: Head | None = None) -> list[tuple[int, int, Damage]]:
    return [(one.seq, one.last, one.damage) for one in verify(rows, earlier).damaged]


def with_row(seq: int, **changes: object) -> tuple[Row, ...]:
    return tuple(replace(row, **changes) if row.seq == seq else row for row in ROWS)


def test_the_digest_is_what_the_formula_says() -> None:
    before = GENESIS
    for row in ROWS:
        text = f"{before}\n{row.seq}\n1000000.1\n{row.event}"
        before = hashlib.sha256(text.encode()).hexdigest()
        assert row.digest == before
    assert (WHOLE.head, WHOLE.events, WHOLE.chained) == (Head(7, before), 7, True)


def test_an_intact_ledger_has_no_damage_and_continues_every_earlier_head() -> None:
    assert WHOLE.damaged == verify(()).damaged == ()
    for row in ROWS:
        assert found(ROWS, Head(row.seq, row.digest or "")) == []
    assert found(ROWS, Head()) == []


def test_the_chain_is_the_same_however_events_are_appended() -> None:
    first = append(Head(), 1000000.1, EVENTS[:3])
    assert first + append(head_of(first), 1000000.1, EVENTS[3:]) == ROWS


@pytest.mark.parametrize(
    "changes",
    [{"event": ROWS[0].event}, {"at": 1000000.2}, {"digest": "f" * 64}, {"digest": ""}, {"digest": None}],
    ids=["event", "time", "digest", "digest lost", "digest never written"],
)
def test_a_changed_cell_is_named_and_the_others_are_not(changes: dict[str, object]) -> None:
    named = found(with_row(7, **changes))
    assert named == [(7, 7, Damage.CHANGED)]
    assert found(with_row(4, **changes))[0] == (4, 4, Damage.CHANGED)


def test_an_event_that_was_replaced_with_a_digest_to_match_is_found_by_the_next() -> None:
    forged = chain([replace(ROWS[3], event=ROWS[0].event)], head_of(ROWS[:3]))
    (damaged,) = verify((*ROWS[:3], *forged, *ROWS[4:])).damaged
    assert damaged == Damaged(5, 5, Damage.CHANGED, "event 5 was changed, or event 4 was replaced")


def many(count: int) -> Iterator[Row]:
    """Rows of 20 kB, each made when it is asked for."""
    before = GENESIS
    for seq in range(1, count + 1):
        row = Row(seq, 1.0, write(ev.HoldPlaced(None, f"{seq} {'x' * 20_000}", Actor("somebody"))), None)
        before = digest_of(before, row)
        yield replace(row, digest=before)


def test_a_ledger_is_verified_row_by_row() -> None:
    tracemalloc.start()
    try:
        found = verify(many(300))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (found.events, found.damaged) == (300, ())
    assert most < 1_000_000, "the rows together have 6 MB"


def test_missing_events_are_named() -> None:
    assert found(ROWS[1:]) == [(1, 1, Damage.MISSING)]
    assert found(ROWS[:2] + ROWS[5:]) == [(3, 5, Damage.MISSING)]
    assert verify(ROWS[:2] + ROWS[5:]).damaged[0].seen == "events 3 to 5 are missing"


def test_a_gap_as_wide_as_numbers_go_is_one_finding() -> None:
    far = (*ROWS, replace(ROWS[0], seq=2**62))
    assert found(far) == [(8, 2**62 - 1, Damage.MISSING)]


def test_events_that_were_removed_without_a_gap_are_found() -> None:
    shifted = ROWS[:3] + tuple(replace(row, seq=row.seq - 1) for row in ROWS[4:])
    assert {one[0] for one in found(shifted)} == {4, 5, 6}


@pytest.mark.parametrize(("one", "other"), [(2, 3), (1, 7), (3, 6)])
def test_events_that_exchanged_places_are_named_with_the_place_they_had(one: int, other: int) -> None:
    places = {one: other, other: one}
    swapped = tuple(
        sorted((replace(row, seq=places.get(row.seq, row.seq)) for row in ROWS), key=lambda row: row.seq)
    )
    damaged = verify(swapped).damaged
    assert [(item.seq, item.damage) for item in damaged] == [(one, Damage.MOVED), (other, Damage.MOVED)]
    assert damaged[0].seen == f"event {one} was moved: it was written as event {other}"


def test_an_end_that_was_cut_off_is_found_from_an_earlier_head_only() -> None:
    assert found(ROWS[:5]) == []
    assert found(ROWS[:5], WHOLE.head) == [(6, 7, Damage.CUT_OFF)]
    assert found((), WHOLE.head) == [(1, 7, Damage.CUT_OFF)]


def test_a_ledger_rewritten_as_a_whole_is_found_from_an_earlier_head_only() -> None:
    forged = append(Head(), 1000000.1, [ev.HoldLifted(None, Actor("somebody")), *EVENTS[1:]])
    assert found(forged) == []
    seen = "event 7 has another digest than the head given: it, or one before it, was rewritten"
    assert verify(forged, WHOLE.head).damaged == (Damaged(7, 7, Damage.CHANGED, seen),)
    assert found(append(head_of(forged), 1000001.0, EVENTS), WHOLE.head)


def test_a_ledger_without_digests_has_the_head_that_it_will_have() -> None:
    bare = tuple(replace(row, digest=None) for row in ROWS)
    seen = verify(bare, WHOLE.head)
    assert (seen.head, seen.chained, seen.damaged) == (WHOLE.head, False, ())
    assert head_of(bare) == WHOLE.head
    changed = tuple(replace(row, event=ROWS[0].event) for row in bare)
    assert found(changed, WHOLE.head) == [(7, 7, Damage.CHANGED)]


def test_an_event_that_was_written_so_but_cannot_be_read_is_named() -> None:
    odd = chain([replace(row, event="[]") if row.seq == 3 else row for row in ROWS])
    (damaged,) = verify(odd).damaged
    assert (damaged.seq, damaged.damage) == (3, Damage.UNREADABLE)
    assert damaged.seen == "event 3 of the ledger is damaged: it is not an object but []"


@given(st.data())
def test_no_change_of_a_cell_stays_unseen(data: st.DataObject) -> None:
    seq = data.draw(st.integers(1, 7))
    changes = data.draw(
        st.fixed_dictionaries(
            {}, optional={"event": st.text(), "at": st.floats(), "digest": st.text() | st.none()}
        ).filter(bool)
    )
    rows = with_row(seq, **changes)
    assert bool(found(rows)) == (rows != ROWS)


def test_a_head_is_read_as_it_is_printed() -> None:
    assert parse_head(str(WHOLE.head)) == WHOLE.head
    assert parse_head(str(Head())) == Head()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        f"7:{GENESIS[1:]}",
        f":{GENESIS}",
        f"0:{'f' * 64}",
        f"-7:{GENESIS}",
        f"7:{'g' * 64}",
        f"{'9' * 99}:{GENESIS}",
    ],
)
def test_anything_else_is_no_head(text: str) -> None:
    with pytest.raises(ValueError, match="is not a head"):
        parse_head(text)


HELD = {"event": "HoldPlaced", "schema": 2, "stage": None, "reason": "r", "by": "b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("1" * 5_000, "it is not JSON"),
        ("\udcff", "it is not UTF-8"),
        ('"\udcff"', "it is not UTF-8"),
        ("17", "it is not an object but 17"),
        ("null", "it is not an object but None"),
        (json.dumps({**HELD, "schema": True}), "its schema is True"),
        (json.dumps({**HELD, "event": "Unheard"}), "no event of schema 2 is named 'Unheard'"),
        (json.dumps({**HELD, "event": [1]}), r"no event of schema 2 is named \[1\]"),
        (json.dumps({**HELD, "by": 7}), "HoldPlaced: by: 7 is not an object with the fields of Actor"),
        ('{"event": "HoldPlaced", "schema": 2, "stage": null}', "HoldPlaced: it has no by, reason"),
    ],
)
def test_a_row_that_no_version_writes_is_damaged(text: str, said: str) -> None:
    with pytest.raises(LedgerDamaged, match=rf"^event 4 of the/ledger is damaged: {said}") as raised:
        read(Row(4, 1.0, text, None), "the/ledger")
    assert raised.value.next == "promote ledger verify"


@pytest.mark.parametrize("at", [-1.0, float("inf"), float("nan"), 1e300])
def test_a_time_that_is_no_date_is_damage(at: float) -> None:
    with pytest.raises(LedgerDamaged, match="is not a date"):
        read(Row(4, at, json.dumps(HELD), None), "the/ledger")


def test_a_row_of_a_newer_version_is_not_called_damaged() -> None:
    with pytest.raises(LedgerNotUnderstood, match="event 4 of the/ledger: it has schema 99") as raised:
        read(Row(4, 1.0, json.dumps({**HELD, "schema": 99}), None), "the/ledger")
    assert not isinstance(raised.value, LedgerDamaged)
    assert raised.value.next == "use the newer version of promote"


def test_digests_cover_bytes_that_are_not_utf_8() -> None:
    assert digest_of(GENESIS, Row(1, 1.0, "\udcff", None)) != digest_of(GENESIS, Row(1, 1.0, "\udcfe", None))
