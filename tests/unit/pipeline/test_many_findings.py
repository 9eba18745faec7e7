"""Of many findings few are held against each other, and nothing is lost by it."""

import pytest
from hypothesis import given
from test_causes import FINDINGS, RELIANCE, RELIANCES, red

from pipeline.core.causes import grouped
from pipeline.core.explaining import Explaining
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Finding, Verdict


@given(FINDINGS, RELIANCES)
def test_whatever_explains_a_finding_is_near_it(findings: list[Finding], reliance: Reliance) -> None:
    explaining = Explaining(reliance, findings)
    for one in findings:
        near = set(explaining.near(one))
        for other in findings:
            assert not explaining.rests_on(one, other) or near.intersection(explaining.kept_by(other))


@pytest.mark.parametrize(("verdict", "test"), [(Verdict.FAIL, "t"), (Verdict.INCONCLUSIVE, "")])
def test_many_findings_are_not_each_held_against_each(
    verdict: Verdict, test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    rests_on = Explaining.rests_on

    def counting(self: Explaining, one: Finding, other: Finding) -> bool:
        asked.append(one)
        return rests_on(self, one, other)

    monkeypatch.setattr(Explaining, "rests_on", counting)
    names = [
        f"{name}/check{n}@{host}" for n in range(15) for name, on in RELIANCE.hosts.items() for host in on
    ]
    causes = grouped([*(red(name, verdict, test) for name in names), red("galera/healthy@db-1")], RELIANCE)
    assert sum(len(one.consequences) + 1 for one in causes) == len(names) + 1
    assert len(asked) < 20 * len(names)  # each against each would be ten times that


@given(FINDINGS, RELIANCES)
def test_it_is_what_holding_each_against_each_finds(findings: list[Finding], reliance: Reliance) -> None:
    explaining = Explaining(reliance, findings)
    ordered = sorted(findings, key=explaining.rank)
    reached: list[set[int]] = []
    for at, one in enumerate(ordered):
        below = [place for place in range(at) if explaining.rests_on(one, ordered[place])]
        alone = [place for place in range(at) if not reached[place]]
        below = below or [place for place in alone if explaining.are_one(one, ordered[place])]
        reached.append({cause for place in below for cause in reached[place] or {place}})
    found = grouped(findings, reliance)
    causes = sorted((one.finding for one in found), key=explaining.rank)
    assert causes == [one for one, others in zip(ordered, reached, strict=True) if not others]
    assert sum(one.shared for one in found) == sum(len(others) > 1 for others in reached)
