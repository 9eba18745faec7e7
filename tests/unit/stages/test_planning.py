"""A preview leaves the site as it is; whoever can not make hosts is told so first."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.errors import BadRequest
from stages.machine.substrates import ssh
from stages.requests import lab as lab_verbs
from stages.requests.context import Context
from stages.requests.plan import make


def asked(site: Path, **parts: Any) -> Context:  # noqa: ANN401 - JSON
    request = {
        "site": str(site),
        "config": str(CONFIG),
        "stage": "prod",
        "artifacts": {"image": "sha256:new"},
    }
    return Context.of({**request, **parts}, changes="token" in parts)


def contents(site: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in site.rglob("*") if path.is_file()}


@pytest.fixture
def held(tmp_path: Path, lab: Podman) -> Context:
    """Stage prod with a host, held by a run; its ssh configuration is that run's."""
    (tmp_path / "site/leases").mkdir(parents=True)
    (tmp_path / "site/leases/prod.json").write_text(json.dumps({"token": 12}))
    context = asked(tmp_path / "site", token=12)
    ssh.configure(context.site, context.draft.blueprint)
    ssh.config_path(context.site, "prod").write_text("# the run's own\n")
    hosts = {"operator": context.draft.blueprint.operator, "database_1": "10.1.1.2"}
    lab.stands(context.site.id, "prod", **hosts)
    lab.put(images={"sha256:new": []})
    return context


@pytest.fixture(autouse=True)
def _as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_preview_beside_a_run_changes_no_file_of_the_site(held: Context, hosts: Ssh) -> None:
    before = contents(held.site.path)
    make(asked(held.site.path))
    assert hosts.requests("database-1")
    assert contents(held.site.path) == before


def test_a_run_writes_the_stages_own_configuration(held: Context, hosts: Ssh) -> None:
    make(held)
    assert "ProxyCommand" in ssh.config_path(held.site, "prod").read_text()
    assert {argv[1] for argv in hosts.argvs()} == {str(ssh.config_path(held.site, "prod"))}


def test_who_is_not_root_is_told_before_anything_is_asked(
    held: Context, lab: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    before = lab.calls
    plan = make(held)
    assert plan.refusals == ("must run as root (running as user 1000) (next: sudo make promote)",)
    assert lab.calls == before


def test_a_client_of_a_stage_that_was_never_deployed_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as caught:
        lab_verbs.command(asked(tmp_path), ["openstack", "token", "issue"])
    assert caught.value.next == "promote --stage prod"
    assert not contents(tmp_path)
