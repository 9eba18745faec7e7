"""A plan leaves the site as it is, in a run too; whoever can not make hosts is told so first."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG

from stages.design.blueprint import Colour, Tier
from stages.design.colours import Beside, Colours
from stages.draft import draft
from stages.errors import BadRequest, LeaseLost
from stages.machine import secrets
from stages.machine.references import Kept, Reference
from stages.machine.substrates import given, ssh
from stages.machine.substrates.connections import Connections
from stages.planning import order
from stages.planning.steps import Plan
from stages.requests import deployment
from stages.requests import lab as lab_verbs
from stages.requests.answering import answer
from stages.requests.context import Context
from stages.requests.plan import make


def request(site: Path, **parts: object) -> dict[str, Any]:
    document = {"protocol": 1, "site": str(site), "config": str(CONFIG), "stage": "prod", **parts}
    return {**document, "artifacts": {"image": "sha256:new"}}


def asked(site: Path, **parts: object) -> Context:
    return Context.of(request(site, **parts), changes="token" in parts)


def answered(verb: str, site: Path, **parts: object) -> None:
    """Have a verb answer a request, and succeed."""
    with Connections() as connections:
        told = answer(verb, request(site, **parts), lambda *_: None, connections)
    assert told["ok"]


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """The whole tree: what is there, when it was changed, and what files hold."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_text() if path.is_file() else "")
        for path in (folder, *folder.rglob("*"))
    }


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
    secrets.ensure(context.site, "prod", context.draft.blueprint.secrets, {})
    return context


@pytest.fixture(autouse=True)
def _as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


with_and_without_a_token = pytest.mark.parametrize("token", [{}, {"token": 12}], ids=["a preview", "a run"])


@with_and_without_a_token
def test_a_plan_leaves_the_site_as_it_is(held: Context, hosts: Ssh, token: dict[str, int]) -> None:
    before = contents(held.site.path)
    answered("plan", held.site.path, **token)
    assert hosts.requests("database-1")
    assert contents(held.site.path) == before


@with_and_without_a_token
def test_a_plan_makes_no_site_and_nothing_in_run(tmp_path: Path, lab: Podman, token: dict[str, int]) -> None:
    lab.put(images={"sha256:new": []})
    before = sorted(path for path in tmp_path.rglob("*") if lab.folder not in path.parents)
    answered("plan", tmp_path / "site", **token)
    assert sorted(path for path in tmp_path.rglob("*") if lab.folder not in path.parents) == before


def test_a_plan_that_redeploys_a_host_is_of_that_host_and_refuses_what_is_wrong_elsewhere(
    held: Context, hosts: Ssh
) -> None:
    assert asked(held.site.path).redeploy is None
    plan = make(asked(held.site.path, release="r" * 64, redeploy="database-1"))
    assert hosts.requests("database-1")
    assert (plan.redeploys, plan.steps) == (None, ())
    assert "database-2" in plan.refusals[0]
    assert plan.refusals[0].endswith("(next: promote rollback --stage prod --to rrrrrrrrrrrr)")
    assert "prod has no host x; it has " in make(asked(held.site.path, redeploy="x")).refusals[0]


@pytest.mark.parametrize(("version", "refused"), [("1:10.11.14-1", False), ("1:11.4.2-1", True)])
def test_a_plan_compares_what_the_image_tells_with_what_a_host_with_data_tells(
    held: Context, lab: Podman, hosts: Ssh, version: str, *, refused: bool
) -> None:
    inspected = lab.kept["inspected"]
    inspected[f"sg-{held.site.id}-prod-database-1"]["Image"] = "old"
    labels = inspected[f"sg-{held.site.id}-prod-database-1"]["Config"]["Labels"]
    labels["stagegate.packages"] = "haproxy=2.4.1-1 mariadb-server=1:10.11.11-1"
    told = f"stagegate.packages=haproxy=2.6.12-1 mariadb-server={version}"
    lab.put(inspected=inspected, images={"sha256:new": [told]})
    plan = make(asked(held.site.path))
    assert hosts.requests("database-1")
    reason = (
        "database: the image has mariadb-server 1:11.4.2-1, and database-1 data of 1:10.11.11-1: "
        "another version series may not read them, or not give them back to the old one "
        "(next: docs/operate.md, 'Another version series of a database or broker')"
    )
    assert [told for told in plan.refusals if "mariadb-server" in told] == [reason] * refused


def upgrading(held: Context, **parts: Any) -> Context:  # noqa: ANN401 - of a context
    """The same stage, when green is to take all clients from blue, which runs an older release."""
    drawn = held.draft.blueprint
    services = [
        one.name for role in drawn.roles.values() if role.tier is Tier.COLOURED for one in role.services
    ]
    older = Beside(Colour.BLUE, "2025.2", ("identity-blue-1",))
    green = draft(CONFIG, "prod", held.site.id, Colours(Colour.GREEN, older, tuple(sorted(services))))
    return replace(held, **{"draft": green, **parts})


def test_legs_end_with_gates_of_the_stage_and_with_the_one_about_two_colours_if_the_config_has_it(
    held: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []
    plan = Plan((), ())
    monkeypatch.setattr(order, "make", lambda _drawn, _observed, wanted: seen.append(wanted.gates) or plan)
    config = held.draft.config
    without = {name: gate for name, gate in config.gates.items() if name != "neighbours"}
    for gates in (without, {**without, "neighbours": without["smoke"]}):
        make(replace(held, draft=replace(held.draft, config=replace(config, gates=gates))))
    assert hosts.argvs()
    assert seen == [("smoke", "api", "final"), ("smoke", "api", "final", "neighbours")]


def test_a_stage_rehearses_an_upgrade_if_its_file_says_so(
    held: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    plan = Plan((), ())
    monkeypatch.setattr(
        order, "make", lambda _drawn, _observed, wanted: seen.append(wanted.rehearses) or plan
    )
    config = held.draft.config
    rehearsing = tuple(replace(one, rehearse=one.name == "prod") for one in config.stages)
    for one in (config, replace(config, stages=rehearsing)):
        make(replace(held, draft=replace(held.draft, config=one)))
    assert hosts.argvs()
    assert seen == [False, True]


def test_who_mends_one_host_does_not_have_clients_change_over(held: Context) -> None:
    for parts in ({"redeploy": "identity-green-1"}, {"sources": ()}):
        (refusal,) = make(upgrading(held, **parts)).refusals
        assert refusal.startswith("blue answers clients of prod, and this release is about green")


def test_an_upgrade_is_refused_where_a_database_takes_too_few_connections_for_two_colours(
    held: Context,
) -> None:
    context = upgrading(held)
    few = context.draft.config.stage("prod").settings["database"].model_copy(update={"max_connections": 80})
    config = context.draft.config
    stages = tuple(
        replace(one, settings={**one.settings, "database": few}) if one.name == "prod" else one
        for one in config.stages
    )
    context = replace(context, draft=replace(context.draft, config=replace(config, stages=stages)))
    (refusal,) = make(context).refusals
    assert "max_connections: prod may open" in refusal
    assert "a database takes 80 (next: " in refusal


def test_a_run_plans_by_the_connections_of_its_steps_where_they_are_as_they_should_be(
    held: Context, hosts: Ssh
) -> None:
    own = str(ssh.config_path(held.site, "prod"))
    make(held)
    assert own not in {argv[1] for argv in hosts.argvs()}
    ssh.configure(held.site, held.draft.blueprint)
    make(held)
    assert own in {argv[1] for argv in hosts.argvs()}


def forget_secrets(context: Context) -> Path:
    """As on a machine that shares the ledger, and did not make the stage."""
    folder = secrets.folder(context.site, "prod")
    shutil.rmtree(folder)
    return folder


def test_no_plan_gives_new_secrets_to_a_stage_that_stands(held: Context, hosts: Ssh) -> None:
    folder = forget_secrets(held)
    (reason,) = make(held).refusals
    assert "prod has hosts, but this site has none of their secrets" in reason
    assert (
        f"copy site.json and secrets/prod/ from that machine's site, or a backup, to {held.site.path}"
        in reason
    )
    assert not hosts.argvs()
    assert not folder.exists()


def test_a_secret_that_a_release_adds_is_generated_and_so_is_the_key_beside_references(
    held: Context, hosts: Ssh
) -> None:
    first, *_ = held.draft.blueprint.secrets
    (secrets.folder(held.site, "prod") / first.name).unlink()
    make(held)
    assert hosts.argvs(), "hosts were asked, so the plan was made"
    forget_secrets(held)
    wanted = held.draft.blueprint.secrets
    referred = {one.name: Reference(Kept.ENV, "ONE") for one in wanted}
    assert not secrets.forgotten(held.site, "prod", wanted, referred)


def test_a_deployment_that_begins_generates_the_secrets_before_there_is_a_host(held: Context) -> None:
    folder = forget_secrets(held)
    answered("begin", held.site.path, token=12, new=True)
    assert {one.name for one in held.draft.blueprint.secrets} < {path.name for path in folder.iterdir()}


def test_a_deployment_that_begins_has_keys_appliers_and_its_time_and_is_new_or_not(
    held: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployment.began_at(held) is None
    for new, now in ((True, "2026-01-01T00:00:00.000Z"), (False, "2026-01-01T00:01:00.000Z")):
        monkeypatch.setattr(deployment, "_now", lambda now=now: now)
        answered("begin", held.site.path, token=12, new=new)
        assert (deployment.began_at(held), deployment.is_new(held)) == (now, new)
    assert ssh.is_configured(held.site, held.draft.blueprint)
    assert (held.site.path / "appliers" / given.digest()).is_dir()


def test_no_deployment_begins_under_a_lease_that_was_lost(held: Context) -> None:
    before = contents(held.site.path)
    with pytest.raises(LeaseLost):
        deployment.begin(asked(held.site.path, token=11), new=True)
    assert contents(held.site.path) == before


def test_who_is_not_root_is_told_before_anything_is_asked(
    held: Context, lab: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    before = lab.calls
    assert make(held).refusals == ("must run as root (running as user 1000) (next: sudo make promote)",)
    assert lab.calls == before


def test_a_client_of_a_stage_that_was_never_deployed_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as caught:
        lab_verbs.command(asked(tmp_path), ["openstack", "token", "issue"])
    assert caught.value.next == "promote --stage prod"
    assert not list(tmp_path.iterdir())
