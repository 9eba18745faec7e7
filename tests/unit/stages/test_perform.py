"""A host is made or started, fenced before it boots, and given its manifest in the same step."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from podman_stand_in import Podman
from ssh_stand_in import Ssh
from stage_sample import CONFIG, IMAGE

from stages.errors import BadRequest, HostRefused, ProgramFailed
from stages.machine.substrates import given, left_over, podman
from stages.machine.substrates.connections import Connections
from stages.machine.substrates.remote import RemoteHost
from stages.requests.answering import answer
from stages.requests.context import Context
from stages.requests.perform import perform

NAME = "database-1"
REFUSED = {"ok": False, "transient": False, "error": {"what": "the new a was refused by b", "why": "c"}}


def step(context: Context, do: str) -> dict[str, object]:
    action = {"do": do, "manifest": context.draft.manifests[NAME].digest()}
    return {"id": f"host/{NAME}", "host": NAME, "action": action}


def tokens(context: Context) -> list[str]:
    return sorted(path.name for path in (context.site.keys / "hosts/prod" / NAME).glob("token-*"))


def test_a_new_host_gets_keys_token_and_applier_mounted_and_its_manifest_in_one_step(
    context: Context, lab: Podman, hosts: Ssh
) -> None:
    done = perform(context, step(context, "create"), lambda *_: None, print)
    (run,) = [argv for argv in lab.kept["log"] if argv[0] == "run"]
    mounts = dict(word.split(":")[1::-1] for word in run if word.count(":") == 2 and word.endswith(":ro"))
    assert set(mounts) == {"/etc/stagegate/ssh", "/etc/stagegate/appliers"}
    assert (Path(mounts[given.APPLIERS]) / given.digest() / "applier.py").exists()
    assert (Path(mounts[given.KEYS]) / "token-12").exists()
    (request,) = hosts.requests(NAME)
    assert (request["mode"], request["token"], request["manifest"]["host"]) == ("apply", 12, NAME)
    assert done.receipt["image"] == IMAGE
    assert "changes" in done.receipt


def test_an_image_of_another_base_than_the_plan_counted_on_is_refused(
    context: Context, lab: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.machine.substrates.images.turn", lambda _say: nullcontext())
    monkeypatch.setattr(left_over, "clear", lambda: None)
    built = [f"stagegate.inputs={context.draft.image.digest}", "stagegate.base=b2"]
    lab.put(images={IMAGE: built}, tags={IMAGE: ["localhost/stagegate-another/host:1"]})

    def image(base: str) -> dict[str, object]:
        return {"id": "image", "host": None, "action": {"do": "image", "base": base}}

    for known in ("b2", ""):
        assert perform(context, image(known), lambda *_: None, print).artifacts == {"image": IMAGE}
    with pytest.raises(BadRequest, match="another Debian than the plan counted on"):
        perform(context, image("b1"), lambda *_: None, print)


@pytest.mark.parametrize(("version", "refused"), [("1:10.11.14-1", False), ("1:11.4.2-1", True)])
def test_an_image_that_was_built_since_the_plan_is_refused_over_data_that_it_may_not_read(
    context: Context, lab: Podman, monkeypatch: pytest.MonkeyPatch, version: str, *, refused: bool
) -> None:
    """A plan can't know which packages an image will have that is not built yet."""
    monkeypatch.setattr("stages.machine.substrates.images.turn", lambda _say: nullcontext())
    monkeypatch.setattr(left_over, "clear", lambda: None)
    lab.stands(context.site.id, "prod", database_2="10.1.1.2")
    inspected = lab.kept["inspected"]
    (labels,) = [item["Config"]["Labels"] for item in inspected.values()]
    labels["stagegate.packages"] = "mariadb-server=1:10.11.11-1"
    built = [
        f"stagegate.inputs={context.draft.image.digest}",
        f"stagegate.packages=mariadb-server={version}",
    ]
    tags = {IMAGE: ["localhost/stagegate-another/host:1"]}
    lab.put(images={IMAGE: built}, tags=tags, inspected=inspected)
    build: dict[str, object] = {"id": "image", "host": None, "action": {"do": "image", "base": ""}}
    if not refused:
        assert perform(context, build, lambda *_: None, print).artifacts == {"image": IMAGE}
        return
    with pytest.raises(BadRequest, match="none of which was changed") as caught:
        perform(context, build, lambda *_: None, print)
    assert caught.value.why.startswith("database: the image has mariadb-server 1:11.4.2-1, and database-2 ")
    assert caught.value.next.startswith("docs/operate.md")


@pytest.mark.parametrize("do", ["create", "start"])
def test_a_host_is_fenced_before_it_boots(context: Context, lab: Podman, hosts: Ssh, do: str) -> None:
    hosts.answer(database_1=REFUSED)
    look = f"ls {context.site.keys}/hosts/prod/{NAME} >>{lab.folder}/seen"
    (lab.folder / "podman").write_text(f"#!/bin/sh\ncase $3 in run | start) {look} ;; esac\n")
    with pytest.raises(HostRefused):
        perform(context, step(context, do), lambda *_: None, print)
    assert "token-12" in (lab.folder / "seen").read_text().split()


def test_a_stopped_host_is_started_and_given_its_manifest_and_keeps_older_tokens(
    context: Context, lab: Podman, hosts: Ssh
) -> None:
    keys = context.site.keys / "hosts/prod" / NAME
    keys.mkdir(parents=True)
    given.raise_token(keys, 7)
    perform(context, step(context, "start"), lambda *_: None, print)
    assert [argv[0] for argv in lab.kept["log"]] == ["start"]
    assert [request["mode"] for request in hosts.requests(NAME)] == ["apply"]
    assert tokens(context) == ["token-12", "token-7"]


@pytest.mark.parametrize(
    ("reply", "ended"), [({}, (True, None)), (REFUSED, (False, "the new a was refused by b"))]
)
def test_a_name_that_a_killed_run_took_meanwhile_is_retried_and_the_result_says_so(
    context: Context, lab: Podman, hosts: Ssh, reply: dict[str, Any], ended: tuple[bool, str | None]
) -> None:
    taken = podman.container(context.site.id, "prod", NAME)
    lab.put(taken=[taken])
    hosts.answer(database_1=reply)
    request = {"protocol": 1, "site": str(context.site.path), "config": str(CONFIG), "stage": "prod"}
    request |= {"token": 12, "artifacts": {"image": IMAGE}, "step": step(context, "create")}
    with Connections() as connections:
        said = answer("perform", request, lambda *_: None, connections)
    assert (said["ok"], said["error"] and said["error"]["what"]) == ended
    (retry,) = said["retries"]
    assert (retry["what"], retry["attempt"]) == (f"create {NAME}", 1)
    assert "already in use" in retry["reason"]
    assert "stagegate.host=database-1" in lab.kept["containers"][taken]
    assert lab.calls.count("run --detach") == 2
    assert len(hosts.requests(NAME)) == 1


def test_a_host_that_cannot_be_created_is_not_retried(context: Context, lab: Podman, hosts: Ssh) -> None:
    (lab.folder / "podman").write_text("#!/bin/sh\ncase $3 in rm | image) exit 0 ;; *) exit 1 ;; esac\n")
    with pytest.raises(ProgramFailed):
        perform(context, step(context, "create"), lambda *_: None, pytest.fail)
    assert not hosts.argvs()


@pytest.mark.parametrize("do", ["create", "start", "apply"])
def test_a_manifest_that_is_not_the_plans_is_refused_before_anything_is_touched(
    context: Context, lab: Podman, hosts: Ssh, do: str
) -> None:
    other = {"id": f"host/{NAME}", "host": NAME, "action": {"do": do, "manifest": "0" * 64}}
    with pytest.raises(BadRequest):
        perform(context, other, lambda *_: None, print)
    assert not lab.calls
    assert not hosts.argvs()
    assert not tokens(context)


def test_a_host_that_leaves_is_stopped_in_an_orderly_way_and_only_what_it_discards_goes_with_it(
    context: Context, lab: Podman
) -> None:
    volumes = {podman.data_volume(context.site.id, "prod", "ovn-3", path): [] for path in ("/a", "/b", "/c")}
    lab.put(volumes=dict(list(volumes.items())[:2]))
    removal = {"id": "host/ovn-3", "host": "ovn-3", "action": {"do": "remove", "discards": ["/b", "/c"]}}
    perform(context, removal, lambda *_: None, print)
    (argv,) = [argv for argv in lab.kept["log"] if argv[0] == "rm"]
    assert argv[argv.index("--time") + 1] == "30", "its services get that long to end"
    assert list(lab.kept["volumes"]) == list(volumes)[:1]


def test_a_step_gets_as_long_as_its_commands_may_take(
    context: Context, hosts: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_s: list[float] = []
    ask = RemoteHost.ask

    def noted(host: RemoteHost, request: Mapping[str, Any], within: float = 600.0) -> dict[str, Any]:
        given_s.append(within)
        return ask(host, request, within)

    monkeypatch.setattr(RemoteHost, "ask", noted)
    commands = [{"name": "expand", "run": ["true"], "unless": None, "within": 14400.0, "env_file": None}]
    schema = {"id": "schema/nova-expand", "host": NAME, "action": {"do": "form", "commands": commands}}
    perform(context, schema, lambda *_: None, print)
    assert [request["mode"] for request in hosts.requests(NAME)] == ["run"]
    assert given_s == [600 + 14400]


@pytest.mark.parametrize(
    ("lines", "told", "measured"),
    [
        (['{"told": ["12 MB"], "measured": {"MB": 12}}'], ["12 MB"], {"MB": 12}),
        (["deleted q", '{"measured": {"s": 1}}', "[7]"], ["deleted q", "[7]"], {"s": 1}),
        (['{"measured": {"s": 1}}'], None, {"s": 1}),
        ([], None, None),
    ],
)
def test_what_commands_tell_is_in_the_receipt_in_words_and_numbers(
    context: Context, hosts: Ssh, lines: list[str], told: object, measured: object
) -> None:
    hosts.answer(database_1={"told": lines})
    action = {"do": "form", "commands": []}
    done = perform(context, {"id": "x", "host": NAME, "action": action}, lambda *_: None, print)
    assert (done.receipt.get("told"), done.receipt.get("measured")) == (told, measured)
