"""Which host of a cluster comes first, and when a person must choose."""

import pytest
from stage_sample import Facts, blueprint

from stages.clusters.first import FRESH, MEMBER, UNMARKED, WHOLE, First, first
from stages.design.parts import Refused

MEMBERS = blueprint("whole-prod").everywhere("messaging")


def decided(*states: str, chosen: str = "", follow: bool = False) -> First | Refused:
    facts: Facts = {
        host.name: {"rabbitmq": state} | ({"chosen": "yes"} if host.name == chosen else {})
        for host, state in zip(MEMBERS, states, strict=True)
        if state
    }
    return first("rabbitmq", "prod", MEMBERS, facts, follow=follow)


@pytest.mark.parametrize(
    ("states", "name"),
    [
        (("", "", ""), "messaging-1"),
        ((FRESH, FRESH, FRESH), "messaging-1"),
        ((FRESH, MEMBER, FRESH), "messaging-1"),  # it joins: a member listens
        ((FRESH, WHOLE, UNMARKED), "messaging-1"),
        ((FRESH, FRESH, UNMARKED), "messaging-3"),  # a restored backup, or the mark was lost
        (("", UNMARKED, ""), "messaging-2"),
    ],
)
def test_the_only_host_with_data_is_first_where_nobody_is_a_member(
    states: tuple[str, ...], name: str
) -> None:
    order = decided(*states)
    assert isinstance(order, First)
    assert (order.host.name, order.chosen, order.discard) == (name, False, frozenset())
    others = [host.name for host in MEMBERS if host.name != name]
    assert [host.name for host in order.others] == others


def test_of_several_with_data_a_person_chooses() -> None:
    found = decided(UNMARKED, FRESH, UNMARKED)
    assert isinstance(found, Refused)
    assert all(f"messaging-{number} has " in found.what for number in (1, 2, 3))
    assert found.next == "promote bootstrap --stage prod --from HOST"


@pytest.mark.parametrize(
    ("states", "follow", "discard"),
    [
        ((MEMBER, MEMBER, FRESH), False, {"messaging-1"}),
        ((MEMBER, MEMBER, FRESH), True, set()),
        ((UNMARKED, MEMBER, FRESH), True, {"messaging-1"}),
    ],
)
def test_the_others_discard_their_data_to_the_one_that_a_person_chose(
    states: tuple[str, ...], discard: set[str], *, follow: bool
) -> None:
    order = decided(*states, chosen="messaging-2", follow=follow)
    assert isinstance(order, First)
    assert (order.host.name, order.chosen, order.discard) == ("messaging-2", True, discard)


@pytest.mark.parametrize(
    ("states", "told", "then"),
    [
        ((WHOLE, MEMBER, FRESH), "there is a cluster already", "promote --stage prod"),
        ((MEMBER, FRESH, FRESH), "messaging-2 has nothing", "promote bootstrap --stage prod"),
    ],
)
def test_a_choice_that_would_lose_or_split_the_data_is_refused(
    states: tuple[str, ...], told: str, then: str
) -> None:
    found = decided(*states, chosen="messaging-2")
    assert isinstance(found, Refused)
    assert told in found.what
    assert found.next == then
