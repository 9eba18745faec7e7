"""Who acts is who the job's token says: `promote` as a process, and an issuer of tokens."""

import json
from pathlib import Path

from issuer import AUDIENCE, Issuer, as_job
from machine import Machine


def believes(machine: Machine, issuer: Issuer, tmp_path: Path) -> None:
    """The site has a line that names the issuer; a first release is verified in dev."""
    machine.promote("--stage", "dev")
    file = tmp_path / "line.yaml"
    identity = f"identity: {{issuer: {issuer.url}, audience: {AUDIENCE}}}\n"
    file.write_text(machine.promote("line", "show", "--yaml") + identity)
    machine.promote("line", "set", str(file), "--yes")


def actors(machine: Machine) -> list[tuple[str, bool, str]]:
    rows = json.loads(machine.promote("history", "-o", "json"))["attempts"]
    return [(row["by"]["name"].partition("@")[0], row["by"]["proved"], row["by"]["job"]) for row in rows]


def test_a_job_proves_who_started_it_and_its_token_is_nowhere(
    machine: Machine, issuer: Issuer, tmp_path: Path
) -> None:
    believes(machine, issuer, tmp_path)
    token = issuer.token()

    out = machine.promote("--stage", "staging", **as_job(token))

    by_hand, by_job = actors(machine)
    assert (by_hand[1:], by_job) == ((False, ""), ("alice", True, "job 7 of group/project"))
    assert "by alice, by job 7 of group/project" in machine.promote("audit", "--stage", "staging")
    parts = [part.encode() for part in token.split(".")]
    kept = [path.read_bytes() for path in machine.site.rglob("*") if path.is_file()]
    for text in (*kept, out.encode(), machine.err.encode()):
        assert not any(part in text for part in parts)


def test_a_token_that_does_not_verify_ends_the_command_and_nothing_is_recorded(
    machine: Machine, issuer: Issuer, tmp_path: Path
) -> None:
    believes(machine, issuer, tmp_path)
    token = issuer.token(aud="vault")

    out = machine.promote("--stage", "staging", "-o", "json", code=9, **as_job(token))

    error = json.loads(out)["error"]
    assert error["what"] == "the token of this job does not prove who runs this command; nothing was changed"
    assert (error["why"], error["next"]) == ("its audience is not stagegate", "promote line show")
    assert token.split(".")[1] not in out + machine.err
    assert len(actors(machine)) == 1


def test_a_job_of_another_project_ends_the_command_and_nothing_is_recorded(
    machine: Machine, issuer: Issuer, tmp_path: Path
) -> None:
    believes(machine, issuer, tmp_path)
    file = tmp_path / "line.yaml"
    file.write_text(
        file.read_text().replace(f"audience: {AUDIENCE}", f"audience: {AUDIENCE}, projects: [a/b]")
    )
    machine.promote("line", "set", str(file), "--yes")

    out = machine.promote("--stage", "staging", "-o", "json", code=9, **as_job(issuer.token()))

    why = json.loads(out)["error"]["why"]
    assert why == "it is of a job of group/project, and this site's line believes those of a/b"
    assert len(actors(machine)) == 1
    machine.promote("--stage", "staging", **as_job(issuer.token(project_path="a/b")))


def test_a_token_counts_for_nothing_where_the_line_names_no_issuer(machine: Machine, issuer: Issuer) -> None:
    machine.promote("--stage", "dev", **as_job(issuer.token()))

    ((_, proved, job),) = actors(machine)
    assert (proved, job) == (False, "")


def test_a_damaged_ledger_is_still_verified_by_a_job(machine: Machine, issuer: Issuer) -> None:
    machine.site.mkdir()
    (machine.site / "ledger.sqlite").write_bytes(b"no ledger")
    machine.promote("ledger", "verify", code=1, **as_job(issuer.token()))
    without = machine.err
    machine.promote("ledger", "verify", code=1)
    assert machine.err == without
