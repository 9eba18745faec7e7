"""Which finding is the cause, and which are its consequences: values in, values out."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.causes import Cause, grouped
from pipeline.core.codec import decode, encode
from pipeline.core.events import GateJudged
from pipeline.core.explaining import Explaining
from pipeline.core.reliance import Reach, Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict

ANY, OWN = Reach.ANY, Reach.OWN
RELIANCE = Reliance(
    hosts={
        "haproxy": ("lb-1", "lb-2"),
        "galera": ("db-1", "db-2", "db-3"),
        "rabbitmq": ("mq-1", "mq-2", "mq-3"),
        "memcached": ("id-1", "id-2", "api-1", "api-2"),
        "keystone": ("id-1", "id-2"),
        "nova-api": ("api-1", "api-2"),
        "placement": ("api-1", "api-2"),
    },
    units={"galera": ("mariadb.service",)},
    rests_on={
        "keystone": {"galera": ANY, "haproxy": ANY, "memcached": Reach.ITS_HOSTS},
        "placement": {"keystone": ANY, "memcached": OWN},
        "nova-api": {"placement": ANY, "keystone": ANY, "rabbitmq": ANY, "memcached": OWN},
    },
    looks_at={
        "haproxy/every_server_is_up": ("galera", "keystone", "nova-api", "placement"),
        "galera/node_sees_all": ("galera",),
        "rabbitmq/consumers": ("nova-api",),
        "galera/journal": ("haproxy",),
    },
    of_host=("disk", "clock"),
    first=("healthy", "dependencies_answer"),
    last=("journal",),
)


def red(name: str, verdict: Verdict = Verdict.FAIL, test: str = "t") -> Finding:
    """`galera/healthy@db-1`, or without a host for one of the whole stage."""
    what, _, host = name.partition("@")
    component, _, check = what.rpartition("/")
    return Finding(verdict, component, host or "-", check, f"seen of {name}", test)


def told(*names: str, reliance: Reliance = RELIANCE) -> dict[str, list[str]]:
    return shown(grouped([red(name) for name in names], reliance))


def shown(causes: tuple[Cause, ...]) -> dict[str, list[str]]:
    return {_name(one.finding): [_name(other) for other in one.consequences] for one in causes}


def _name(one: Finding) -> str:
    return f"{one.component}/{one.check}" + (f"@{one.host}" if one.host != "-" else "")


def test_the_deepest_is_the_cause_of_all_that_rests_on_it() -> None:
    found = told("nova-api/lists", "galera/commits@db-1", "keystone/token@id-2", "nova-api/healthy@api-1")
    rest = ["keystone/token@id-2", "nova-api/healthy@api-1", "nova-api/lists"]
    assert found == {"galera/commits@db-1": rest}


def test_several_causes_have_their_own_consequences_the_most_first() -> None:
    found = told(
        "memcached/healthy@api-1",
        "rabbitmq/healthy@mq-2",
        "placement/healthy@api-1",
        "nova-api/healthy@api-1",
        "nova-api/lists@api-2",
        "haproxy/config@lb-1",
        "rabbitmq/node@mq-2",
        "memcached/value@api-1",
        "redis/healthy@co-1",
    )
    assert found == {
        "memcached/healthy@api-1": [
            "memcached/value@api-1",
            "placement/healthy@api-1",
            "nova-api/healthy@api-1",
        ],
        "rabbitmq/healthy@mq-2": ["rabbitmq/node@mq-2", "nova-api/lists@api-2"],
        "haproxy/config@lb-1": [],
        "redis/healthy@co-1": [],
    }
    assert list(found)[:2] == ["memcached/healthy@api-1", "rabbitmq/healthy@mq-2"]


def test_a_consequence_of_several_causes_is_counted_once() -> None:
    (first, *rest) = grouped(
        [red(n) for n in ("galera/a@db-1", "rabbitmq/a@mq-1", "nova-api/b@api-1")], RELIANCE
    )
    assert (len(first.consequences), first.shared, [one.consequences for one in rest]) == (1, 1, [()])


@pytest.mark.parametrize(
    ("cause", "explained", "apart"),
    [
        ("memcached/healthy@api-1", "placement/healthy@api-1", "placement/healthy@api-2"),
        ("memcached/healthy@api-2", "nova-api/lists@api-2", "keystone/token@id-1"),
        # The caches of the identity service are one.
        ("memcached/healthy@id-1", "keystone/token@id-2", "rabbitmq/healthy@mq-1"),
        ("memcached/disk@api-1", "nova-api/healthy@api-1", "keystone/healthy@id-1"),
        ("galera/healthy@db-1", "galera/node_sees_all@db-2", "galera/node_is_synced@db-3"),
        ("galera/healthy@db-1", "galera/one_cluster", "haproxy/config@lb-1"),
    ],
)
def test_a_defect_of_one_host_explains_those_who_use_it_alone(cause: str, explained: str, apart: str) -> None:
    assert told(cause, explained, apart) == {cause: [explained], apart: []}


def test_what_a_check_looks_at_is_nearer_than_what_its_component_uses() -> None:
    reliance = replace(RELIANCE, looks_at={"nova-api/locks": ("galera",)})
    causes = ("galera/healthy@db-1", "rabbitmq/healthy@mq-1")
    found = told(*causes, "nova-api/locks@api-1", "nova-api/lists@api-1", reliance=reliance)
    assert found[causes[0]] == ["nova-api/locks@api-1"]
    assert found[causes[1]] == ["nova-api/lists@api-1"]


def test_a_check_that_looks_at_other_hosts_rests_on_what_holds_for_the_stage() -> None:
    seen = [f"galera/node_sees_all@db-{number}" for number in (1, 2)]
    assert told(*seen, "galera/keys_are_equal") == {"galera/keys_are_equal": seen}


def test_the_same_on_every_host_is_one_cause() -> None:
    everywhere = [f"galera/commits@db-{number}" for number in (1, 2, 3)]
    assert told(*everywhere) == {everywhere[0]: everywhere[1:]}
    assert told(*everywhere[:2]) == {everywhere[0]: [], everywhere[1]: []}


def test_of_a_host_all_of_whose_components_are_red_the_deepest_is_the_cause() -> None:
    red_there = (
        "memcached/healthy@api-1",
        "nova-api/healthy@api-1",
        "placement/a@api-1",
        "placement/b@api-1",
    )
    reliance = Reliance(hosts=RELIANCE.hosts, first=("healthy",))
    assert told(*red_there, reliance=reliance) == {red_there[0]: list(red_there[1:])}
    assert len(told(*red_there[:2], reliance=reliance)) == 2


def test_what_tells_of_others_is_no_cause_of_theirs() -> None:
    cause = "nova-api/dependencies_answer@api-1"
    symptoms = ["haproxy/every_server_is_up@lb-1", "rabbitmq/consumers"]
    # Those of the journals of what it uses.
    symptoms += ["haproxy/journal@lb-2", "galera/journal@db-1"]
    assert told(*reversed(symptoms), cause) == {cause: symptoms}


def test_checks_of_equal_depth_are_causes_each() -> None:
    assert told("galera/one_cluster", "galera/time_outs") == {
        "galera/one_cluster": [],
        "galera/time_outs": [],
    }


def test_a_failure_is_not_explained_by_what_was_unclear() -> None:
    unclear, failed = red("galera/healthy@db-1", Verdict.INCONCLUSIVE), red("keystone/token@id-1")
    assert shown(grouped([unclear, failed], RELIANCE)) == {
        "keystone/token@id-1": [],
        "galera/healthy@db-1": [],
    }
    assert (
        len(grouped([red("galera/healthy@db-1"), red("keystone/token@id-1", Verdict.INCONCLUSIVE)], RELIANCE))
        == 1
    )


def test_what_was_not_run_is_explained_by_a_complaint_alone() -> None:
    complaint, failed = red("smoke", Verdict.INCONCLUSIVE, ""), red("galera/healthy@db-1")
    missing = [red(f"keystone/{name}@id-1", Verdict.INCONCLUSIVE, "") for name in ("a", "b")]
    assert shown(grouped([*missing, failed, complaint], RELIANCE)) == {
        "galera/healthy@db-1": [],
        "/smoke": ["keystone/a@id-1", "keystone/b@id-1"],
    }
    assert len(grouped([*missing, failed], RELIANCE)) == 3


def test_without_a_word_of_the_release_each_finding_is_a_cause() -> None:
    assert told("galera/healthy@db-1", "keystone/healthy@id-1", reliance=Reliance()) == {
        "galera/healthy@db-1": [],
        "keystone/healthy@id-1": [],
    }


@pytest.mark.parametrize("hosts", [("-", "db-1"), ("db-1", "db-1"), ("db-1", "-")])
@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_nor_does_a_component_of_an_old_release_explain_itself(
    hosts: tuple[str, str], verdict: Verdict
) -> None:
    names = [f"galera/{check}@{host}" for check, host in zip("ab", hosts, strict=True)]
    assert len(grouped([red(name, verdict) for name in names], Reliance())) == 2


def test_what_was_not_run_goes_with_the_complaint_of_an_old_release_too() -> None:
    complaint, missing = (red(name, Verdict.INCONCLUSIVE, "") for name in ("smoke", "keystone/a@id-1"))
    assert shown(grouped([missing, complaint], Reliance())) == {"/smoke": ["keystone/a@id-1"]}


def test_a_circle_of_reliances_is_no_endless_one() -> None:
    circle = Reliance(hosts={"a": ("x",), "b": ("x", "y")}, rests_on={"a": {"b": ANY}, "b": {"a": ANY}})
    assert told("a/healthy@x", "b/healthy@y", reliance=circle) == {"a/healthy@x": ["b/healthy@y"]}


def test_what_findings_rest_on_survives_the_ledger() -> None:
    evidence = Evidence(Verdict.FAIL, (red("galera/healthy@db-1"),), 1, 2, reliance=RELIANCE)
    judged = GateJudged("p1", "smoke", 1, evidence)
    assert decode(json.loads(json.dumps(encode(judged)))) == judged


NAMES = st.sampled_from([*sorted(RELIANCE.hosts), "swift"])
HOSTS = st.sampled_from(["-", *sorted({host for hosts in RELIANCE.hosts.values() for host in hosts})])
CHECKS = st.sampled_from(["healthy", "disk", "journal", "every_server_is_up", "node_sees_all", "other"])
VERDICTS = st.sampled_from([Verdict.FAIL, Verdict.INCONCLUSIVE])
FINDINGS = st.lists(
    st.one_of(
        st.builds(Finding, VERDICTS, NAMES, HOSTS, CHECKS, st.just("seen"), st.sampled_from(["", "t", "u"])),
        st.builds(
            Finding, st.just(Verdict.INCONCLUSIVE), st.just(""), st.just("-"), CHECKS, st.just("broke")
        ),
    ),
    max_size=25,
)
REACHES = st.dictionaries(NAMES, st.dictionaries(NAMES, st.sampled_from(Reach), max_size=4), max_size=9)
RELIANCES = st.one_of(
    st.just(RELIANCE),
    st.builds(
        Reliance,
        hosts=st.dictionaries(NAMES, st.lists(HOSTS, max_size=4).map(tuple), max_size=8),
        rests_on=REACHES,
        looks_at=st.dictionaries(
            st.tuples(NAMES, CHECKS).map("/".join), st.lists(NAMES, max_size=4).map(tuple), max_size=6
        ),
        of_host=st.just(("disk",)),
        first=st.just(("healthy",)),
        last=st.just(("journal",)),
    ),
)


@given(FINDINGS, RELIANCES)
def test_every_red_is_there_once_and_no_cause_rests_on_another(
    findings: list[Finding], reliance: Reliance
) -> None:
    causes = grouped(findings, reliance)
    assert Counter(f for one in causes for f in (one.finding, *one.consequences)) == Counter(findings)
    explaining = Explaining(reliance, findings)
    for cause in causes:
        assert not any(explaining.rests_on(cause.finding, other) for other in findings)
        assert all(sum(cause.counted.values()) == len(cause.consequences) for cause in causes)
        for one in cause.consequences:
            assert any(
                explaining.rests_on(one, other) or explaining.are_one(one, other) for other in findings
            )


@given(st.data(), FINDINGS, RELIANCES)
def test_the_order_of_the_findings_decides_nothing(
    data: st.DataObject, findings: list[Finding], reliance: Reliance
) -> None:
    assert grouped(data.draw(st.permutations(findings)), reliance) == grouped(findings, reliance)


@given(FINDINGS, RELIANCES)
def test_a_failure_comes_before_all_that_is_unclear(findings: list[Finding], reliance: Reliance) -> None:
    verdicts = [one.finding.verdict for one in grouped(findings, reliance)]
    assert verdicts == sorted(verdicts, key=lambda verdict: verdict is not Verdict.FAIL)
    assert (Verdict.FAIL in verdicts) is any(one.verdict is Verdict.FAIL for one in findings)
