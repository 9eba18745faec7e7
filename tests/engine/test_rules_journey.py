"""Approvals and overrides from outside: `promote` as a process, by people whose names their jobs prove.

Each of them is somebody who starts a job of GitLab: alice promotes, bob approves, carol may override.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from issuer import AUDIENCE, Issuer, as_job
from machine import Machine

DEV, STAGING = ("--stage", "dev"), ("--stage", "staging")
APPROVE = ("approve", *STAGING, "--release", "r2", "--yes", "--reason", "read with the team")
OVERRIDE = ("override", "--release", "r2", "--gate", "smoke", "--yes", "--reason", "defect 812")
RULES = {
    "identity": {"issuer": "", "audience": AUDIENCE, "projects": ["group/project"]},
    "stages": {
        "dev": {"gates": {"smoke": {}}, "overrides": {"by": ["carol"], "verified": True}},
        "staging": {
            "after": ["dev"],
            "gates": {"smoke": {}},
            "approvals": {"count": 1, "verified": True},
            "overrides": {"by": ["carol"], "verified": True},
        },
    },
}

# Runs `promote` as a job that this person has started; gives what it prints.
As = Callable[..., str]


@pytest.fixture
def as_(machine: Machine, issuer: Issuer, tmp_path: Path) -> As:
    """On a site with these rules, r1 is verified in dev; the checkout is r2, whose files are bad."""
    machine.promote(*DEV)
    file = tmp_path / "line.yaml"
    file.write_text(json.dumps({**RULES, "identity": {**RULES["identity"], "issuer": issuer.url}}))
    machine.promote("line", "set", str(file), "--yes")
    machine.release(template="BAD", greeting="hello")

    def run(person: str, *argv: str, code: int = 0, project: str = "group/project") -> str:
        job = {"alice": "1", "bob": "2", "carol": "3"}.get(person, "9")
        token = issuer.token(user_login=person, job_id=job, project_path=project)
        return machine.promote(*argv, code=code, **as_job(token))

    return run


def test_a_defect_that_is_known_goes_to_staging_by_three_people_and_the_audit_names_each(
    machine: Machine, as_: As
) -> None:
    as_("alice", *DEV, code=3)
    overridden_in_dev(machine, as_)
    assert "smoke fail (overridden by carol, by job 3 of group/project: defect 812)" in as_("alice", *DEV)

    approved_by_another(machine, as_)
    assert "smoke fail" in as_("alice", *STAGING, code=3)

    as_("carol", *OVERRIDE, *STAGING)
    as_("alice", *STAGING, code=9)
    assert "nobody has approved" in machine.err, "an approval is for one promotion"
    as_("bob", *APPROVE)
    as_("alice", *STAGING)

    audited(as_)
    assert "the ledger is intact" in machine.promote("ledger", "verify")


def overridden_in_dev(machine: Machine, as_: As) -> None:
    """Only by whom the line names, whose name is proved, by a job of a project that counts."""
    machine.promote(*OVERRIDE, *DEV, code=9)
    assert "may not override a gate in dev" in machine.err
    as_("alice", *OVERRIDE, *DEV, code=9)
    assert "this site's line allows carol" in machine.err
    as_("carol", *OVERRIDE, *DEV, code=9, project="mallory/fork")
    assert (
        "it is of a job of mallory/fork, and this site's line believes those of group/project" in machine.err
    )
    assert "gate smoke of dev is overridden, for r2: defect 812" in as_("carol", *OVERRIDE, *DEV)


def approved_by_another(machine: Machine, as_: As) -> None:
    """Not by who promotes, nor by a name that nobody vouches for. Until then the answer is 9."""
    as_("alice", *STAGING, code=9)
    assert "staging asks for 1 approval of r2 by others than who promotes it" in machine.err
    assert machine.err.splitlines()[-1] == "next: promote approve --stage staging --release r2"
    assert "may NOT go: staging asks for 1 approval" in as_("alice", "plan", *STAGING, code=9)

    machine.promote(*APPROVE, code=9)
    assert "nobody vouches for the name" in machine.err
    as_("alice", *APPROVE)
    as_("alice", *STAGING, code=9)
    assert "nobody approves what they promote themselves" in machine.err
    as_("alice", "approve", *STAGING, "--release", "r2", "--withdraw")
    assert "(nobody has approved)" in as_("alice", "why", *STAGING, "--release", "r2")
    assert "approved for staging by bob, by job 2 of group/project, plan " in as_("bob", *APPROVE)
    assert "may enter" in as_("alice", "why", *STAGING, "--release", "r2")


def audited(as_: As) -> None:
    """Who promoted, who approved which plan, who overrode which gate, and on which evidence."""
    entries: list[dict[str, Any]] = json.loads(as_("dave", "audit", *STAGING, "-o", "json"))["entries"]
    assert [(one["by"]["name"], one["outcome"]) for one in entries] == [
        ("alice", "failed"),
        ("alice", "verified"),
    ]
    for entry in entries:
        (approval,) = entry["approvals"]
        assert (approval["by"]["name"], approval["by"]["proved"]) == ("bob", True)
        assert (approval["by"]["job"], approval["reason"]) == ("job 2 of group/project", "read with the team")
    red, carried = (entry["gates"][0] for entry in entries)
    assert (red["verdict"], red["override"]) == ("fail", None)
    assert (carried["verdict"], carried["override"]["by"]["name"]) == ("fail", "carol")
    (proof,) = entries[1]["evidence"]
    assert (proof["stage"], proof["gates"][0]["override"]["reason"]) == ("dev", "defect 812")

    text = as_("dave", "audit", *STAGING)
    assert "verified, by alice, by job 1 of group/project" in text
    assert "approved by bob, by job 2 of group/project" in text
    assert "(overridden by carol, by job 3 of group/project: defect 812)" in text
