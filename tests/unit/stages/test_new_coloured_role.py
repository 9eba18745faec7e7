"""A release that is the first to have a coloured role: no other colour ever answered its services."""

from dataclasses import replace

from stage_of_two import GREEN, desired, services, stage, standing

from stages.design.blueprint import Blueprint
from stages.planning import order
from stages.planning.steps import Plan


def first_with_images() -> Blueprint:
    """Green is to take over from blue, which has no image service."""
    drawn = stage(GREEN, served_by_other=[name for name in services(WHOLE) if name != "image"])
    assert drawn.beside is not None
    hosts = tuple(host for host in drawn.beside.hosts if host.role != "image")
    return replace(drawn, beside=replace(drawn.beside, hosts=hosts))


WHOLE = stage(GREEN, served_by_other=True)
NEW = first_with_images()


def made(*, own_stands: bool) -> Plan:
    plan = order.make(NEW, standing(NEW, own_stands=own_stands), desired(NEW))
    assert plan.refusals == ()
    return plan


def test_clients_have_seen_nothing_of_it_while_the_other_colour_answers_all_that_both_have() -> None:
    assert NEW.answers_nobody
    assert not replace(NEW, served={"identity": NEW.served["identity"]}).answers_nobody


def test_where_both_have_nothing_in_common_nobody_waits_for_the_first_client() -> None:
    assert NEW.beside is not None
    assert not replace(NEW, beside=replace(NEW.beside, hosts=()), served={}).answers_nobody
    assert not replace(NEW, beside=None, served={}).answers_nobody


def test_its_upgrade_has_the_legs_before_the_cut_over_and_asks_each_project() -> None:
    for own_stands in (True, False):
        plan = made(own_stands=own_stands)
        assert [leg.name for leg in plan.legs] == ["expand", "build", "cut-over", "follow"]
        assert "schema/nova-ready" in plan.legs[0].steps
        over = [step for step in plan.steps if step.kind == "cutover"]
        assert over
        assert not [step.id for step in over if "/image/" in step.id]
