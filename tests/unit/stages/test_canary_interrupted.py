"""A canary that was killed: its part ends by itself, and until then nobody changes who gets it."""

from stage_of_two import BLUE, GREEN, desired, stage, standing
from stage_sample import altered

from stages.planning import order
from stages.planning.observed import Observed
from stages.planning.steps import Plan
from stages.requests.plan import changed_under_clients, lent_to

DRAWN = stage(GREEN, served_by_other=True)
HOST = "identity-green-1"


def changed(observed: Observed) -> tuple[str, ...]:
    return changed_under_clients(DRAWN, observed, planned(observed))


def planned(observed: Observed) -> Plan:
    return order.make(DRAWN, observed, desired(DRAWN))


def test_hosts_of_the_colour_that_a_plan_would_change_are_known() -> None:
    observed = standing(DRAWN, own_stands=True)
    assert changed(observed) == ()
    touched = altered(observed, HOST, "database-1", "identity-blue-1", changes=("update file /etc/x",))
    assert changed(touched) == (HOST,)
    assert changed(standing(DRAWN, own_stands=False)) == (), "new hosts answer nobody"


def test_they_are_left_alone_while_clients_are_there() -> None:
    assert lent_to(DRAWN, (HOST,), {BLUE: 12}) == ()
    (told,) = lent_to(DRAWN, (HOST,), {GREEN: 12})
    assert told == (
        f"a canary has lent green a part of clients' requests, for 12 s more, and {HOST} would be changed "
        f"(next: wait for that, then: promote plan --stage {DRAWN.stage})"
    )
