"""Brokers remove what is left of expired queues, and answer all who ask at once. On the real lab."""

import pytest
from bus_defects import erlang, is_known, without_members
from checkout import Checkout, wait_until

pytestmark = pytest.mark.lab

STAGE, QUEUE = "staging", "reply_seeded"
BROKERS = ("messaging-1", "messaging-2", "messaging-3")
REMOVED_WITHIN_S = 30.0  # seen in two looks, five seconds apart


def test_a_remnant_of_a_queue_is_removed_on_all_brokers(whole: Checkout) -> None:
    whole.ssh(STAGE, "messaging-1", without_members(QUEUE, expires=True))
    assert known(whole) == dict.fromkeys(BROKERS, "true")
    wait_until(
        lambda: known(whole) == dict.fromkeys(BROKERS, "false"), REMOVED_WITHIN_S, "the remnant is removed"
    )
    said = "journalctl --unit rabbitmq-remnants --output cat --since -2min"
    told = [line for broker in BROKERS for line in whole.ssh(STAGE, broker, said).splitlines()]
    assert f"removed queue {QUEUE}, which had expired: 1 of 3 brokers had a member of it" in told


def known(checkout: Checkout) -> dict[str, str]:
    """By broker, whether it has a record of the queue."""
    return {broker: checkout.ssh(STAGE, broker, is_known(QUEUE)).strip() for broker in BROKERS}


def test_callers_of_a_broker_do_not_keep_each_other_out(whole: Checkout) -> None:
    """Several at once from one host, as a check, a step of a promotion and the host's own programs may be."""
    call = erlang('timer:sleep(500), io:format("answered")')
    out = whole.ssh(STAGE, "messaging-1", " & ".join(f"({call})" for _ in range(5)) + " & wait")
    assert out.split() == ["answered"] * 5
