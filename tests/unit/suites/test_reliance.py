"""What the checks of a gate rest on: declared by components, in accord with the roles that carry them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from suites_sample import COMPONENT, REPOSITORY, Sample

from stages import roles
from suites.harness.layout import GATES, OF_FAULTS, Place
from suites.harness.loading import loaded
from suites.harness.reach import GIVEN_BY, Reach
from suites.harness.reliance import LAST, reliance
from suites.seam.target import Target

SUITES = REPOSITORY / "suites"
COMPONENTS = {name: loaded("suites", name) for name in Place(SUITES, "smoke", None).components}
ROLES = {name: roles.load(name) for name in roles.ROLES}


def every(names: Callable[[str], tuple[str, ...]] = lambda name: (f"{name}-1",)) -> Target:
    return cast("Target", SimpleNamespace(names=names))


def beneath(component: str) -> set[str]:
    """All that it rests on, directly or not."""
    found: set[str] = set()
    waiting = [component]
    while waiting:
        for name in set(COMPONENTS[waiting.pop()].reliances) - found:
            found.add(name)
            waiting.append(name)
    return found


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_rests_on_itself_or_on_what_is_unknown(component: str) -> None:
    assert beneath(component) <= set(COMPONENTS) - {component}


@pytest.mark.parametrize("component", COMPONENTS)
def test_it_is_known_what_gives_each_answer_that_a_component_depends_on(component: str) -> None:
    unknown = set(COMPONENTS[component].depends_on) - set(GIVEN_BY)
    assert not unknown, f"{component} depends on {unknown}: GIVEN_BY in suites/harness/reach.py has none"


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_needs_is_what_its_components_rest_on(role: str) -> None:
    mine = ROLES[role].components
    # A cache of its own host says nothing about the other roles that have one.
    rests = {name for component in mine for name in beneath(component)} - {*mine, "memcached"}
    carriers = {other for other in ROLES if rests.intersection(ROLES[other].components)}
    needed: set[str] = set()
    waiting = list(ROLES[role].needs)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += set(ROLES[name].needs) - needed
    assert carriers == needed - {role}


@pytest.mark.parametrize("component", COMPONENTS)
def test_only_checks_that_look_at_others_are_answered_for(component: str) -> None:
    found = COMPONENTS[component]
    assert found.answers_for <= set(found.looks_at) - set(LAST)


def test_the_report_says_it_of_the_components_that_the_stage_carries() -> None:
    told = reliance(SUITES, "smoke", every(lambda name: ("one",) if name in {"keystone", "galera"} else ()))
    assert told["hosts"] == {"galera": ["one"], "keystone": ["one"]}
    assert told["rests_on"] == {"galera": {}, "keystone": {"galera": "any"}}
    looks_at = cast("dict[str, list[str]]", told["looks_at"])
    assert looks_at["keystone/token_is_valid_everywhere"] == ["galera", "keystone"]


def test_how_far_a_reliance_reaches_is_told() -> None:
    told = cast("dict[str, dict[str, str]]", reliance(SUITES, "api", every())["rests_on"])
    assert told["keystone"]["memcached"] == Reach.ITS_HOSTS.value
    assert told["glance"]["memcached"] == Reach.OWN.value
    assert told["cinder"]["redis"] == Reach.ANY.value


def test_a_check_that_its_component_answers_for_is_about_no_other() -> None:
    told = cast("dict[str, list[str]]", reliance(SUITES, "smoke", every())["looks_at"])
    assert "nova-api" in told["haproxy/every_server_is_up"]
    assert "haproxy/servers_are_the_hosts" not in told


@pytest.mark.parametrize("gate", sorted(GATES))
def test_faults_explain_no_faults_and_restarts_only_what_rests_on_them(gate: str) -> None:
    told = reliance(SUITES, gate, every())
    assert bool(told["rests_on"]) is (gate not in OF_FAULTS)
    assert bool(told["looks_at"]) is (gate not in OF_FAULTS | {"restart"})


def test_a_gate_reports_it_and_a_broken_component_only_fails_its_own_checks(sample: Sample) -> None:
    sample.write("components/left/test_smoke.py", "def test_a(host): pass")
    ran = sample.gate()
    assert ran.report["reliance"]["units"] == {"left": ["left.service"], "right": ["right.service"]}
    sample.write("components/right/component.py", "raise RuntimeError('broken')")
    assert sample.gate().report["reliance"]["units"] == {"left": ["left.service"]}


def test_a_gate_goes_on_without_it_and_says_so_once(sample: Sample) -> None:
    sample.write("components/left/test_smoke.py", "def test_a(host): pass")
    component = COMPONENT.format(name="left").replace(
        "units=UNITS", "units=UNITS, depends_on=('unheard-of',)"
    )
    sample.write("components/left/component.py", component)
    ran = sample.gate()
    assert ran.status == 0
    assert set(ran.outcomes.values()) == {"passed"}
    assert (ran.report["complete"], ran.report["reliance"]) == (True, {})
    told = [line["message"] for line in ran.lines if "grouped by cause" in line.get("message", "")]
    assert len(told) == 1
    assert "unheard-of" in told[0]
