"""An incident of other operators that takes less than a minute here; all, 20 times, are in tests/prove."""

import pytest
from checkout import Checkout
from incidents import REPLY_QUEUES, STAGE, all_serve

pytestmark = pytest.mark.lab


def test_a_process_whose_reply_queue_is_gone_makes_a_new_one(whole: Checkout) -> None:
    assert all_serve(whole) == []
    whole.ssh(STAGE, "messaging-1", REPLY_QUEUES)
    assert all_serve(whole) == []
