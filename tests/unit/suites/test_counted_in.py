from upgrading import counted_in

# As `promote show -o json` tells of an upgrade: what a canary, a backup and an expanded schema measured.
CANARY = {
    "name": "canary/green",
    "measured": {"identity green requests": 120, "identity green ms to an answer": 14.2},
}
CUTOVER = {
    "name": "cutover/identity/loadbalancer-1",
    "measured": {
        "identity green requests": 7,
        "identity blue requests": 30,
        "identity blue broken answers": 1,
    },
}
BACKUP = {
    "name": "backup/database-3",
    "measured": {"backup MB": 212, "backup s": 9.1, "proof s": 20.4, "databases": 9, "rows": 5120},
}
EXPAND = {"name": "schema/keystone-expand", "measured": {"longest write stall s": 1.5}}


def test_requests_are_summed_and_what_other_steps_measured_is_none() -> None:
    assert counted_in([BACKUP, EXPAND, CANARY, CUTOVER]) == {"requests": 157, "broken answers": 1}


def test_where_nothing_was_counted_there_is_nothing() -> None:
    assert counted_in([BACKUP, EXPAND]) == {}
