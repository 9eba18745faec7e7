"""The applier and a host's users, directories and files."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from applier_on import DIGEST_KEY, SECRETS, HostDirectory

from stages.design.manifest import Command, Directory, File, Manifest, Unit, User

CONF = "/etc/app/app.conf"


def manifest(*files: File, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - the manifest's other parts
    return Manifest("database-1", files=files, **rest).to_json()


def apply(host: HostDirectory, wanted: dict[str, Any], token: int = 1) -> dict[str, Any]:
    return host.ask("apply", token=token, manifest=wanted)


def changes(reply: dict[str, Any]) -> list[str]:
    return [f"{change['action']} {change['kind']} {change['name']}" for change in reply["changes"]]


def whole() -> dict[str, Any]:
    """A manifest with one of everything that is kept in place."""
    return manifest(
        File(CONF, "port = 1\n", mode=0o640),
        users=(User("app", home="/var/lib/app"),),
        directories=(Directory("/var/lib/app", mode=0o750),),
        units=(Unit("app.service", restart_on=(CONF,)),),
    )


CREATED = [
    "create user app",
    "create directory /var/lib/app",
    f"create file {CONF}",
    "enable unit app.service",
    "start unit app.service",
]


def test_a_host_becomes_what_the_manifest_says(host: HostDirectory) -> None:
    reply = apply(host, whole())
    assert reply["ok"], reply
    assert changes(reply) == CREATED
    assert host.read(CONF) == "port = 1\n"
    assert host.at(CONF).stat().st_mode & 0o7777 == 0o640
    assert host.at("/var/lib/app").stat().st_mode & 0o7777 == 0o750
    assert "app:x:901:901::/var/lib/app:/usr/sbin/nologin" in host.read("/etc/passwd")


def test_the_reply_names_the_manifest_by_the_digest_that_stages_gives_it(host: HostDirectory) -> None:
    wanted = Manifest("database-1", files=(File(CONF, "größe @@secret:admin@@"),))
    assert apply(host, wanted.to_json())["manifest_digest"] == wanted.digest()


def test_applying_again_changes_nothing(host: HostDirectory) -> None:
    apply(host, whole())
    before = host.tree()
    host.forget_calls()
    reply = apply(host, whole())
    assert (reply["ok"], reply["changes"], host.effects) == (True, [], [])
    assert host.tree() == before


@pytest.mark.parametrize(
    ("before", "expected"),
    [([], CREATED), (["port = 2\n"], [f"update file {CONF}", "restart unit app.service"])],
)
def test_a_dry_run_tells_what_an_apply_does_and_writes_nothing(
    host: HostDirectory, before: list[str], expected: list[str]
) -> None:
    for content in before:
        apply(host, whole() | {"files": [File(CONF, content, mode=0o640).to_json()]})
    tree = host.tree()
    host.forget_calls()
    foretold = host.ask("dry_run", manifest=whole(), token=7)
    assert (host.tree(), host.effects) == (tree, [])
    assert changes(foretold) == expected
    assert foretold["changes"] == apply(host, whole())["changes"]


def test_a_changed_file_is_told_with_the_digests_before_and_after(host: HostDirectory) -> None:
    apply(host, manifest(File(CONF, "port = 1\n")))
    (change,) = apply(host, manifest(File(CONF, "port = 2\n")))["changes"]
    before, after = ("sha256:" + hashlib.sha256(text).hexdigest() for text in (b"port = 1\n", b"port = 2\n"))
    assert (change["action"], change["before"], change["after"]) == ("update", before, after)


@pytest.mark.parametrize(
    "change",
    [lambda conf: conf.write_text("port = 666\n"), lambda conf: conf.chmod(0o666)],
    ids=["content", "mode"],
)
def test_a_file_changed_by_hand_is_put_right(host: HostDirectory, change: Callable[[Path], None]) -> None:
    apply(host, whole())
    change(host.at(CONF))
    assert changes(apply(host, whole())) == [f"update file {CONF}"]
    assert (host.read(CONF), host.at(CONF).stat().st_mode & 0o7777) == ("port = 1\n", 0o640)


def test_a_link_in_a_files_place_is_replaced_and_what_it_leads_to_is_left(host: HostDirectory) -> None:
    host.at("/etc/app").mkdir()
    host.at("/etc/elsewhere").write_text("precious")
    host.at(CONF).symlink_to(host.at("/etc/elsewhere"))
    assert apply(host, manifest(File(CONF, "port = 1\n")))["ok"]
    assert not host.at(CONF).is_symlink()
    assert host.read("/etc/elsewhere") == "precious"


def test_an_account_with_another_home_is_mended_and_not_made_again(host: HostDirectory) -> None:
    apply(host, whole())
    host.forget_calls()
    reply = apply(host, whole() | {"users": [User("app", home="/srv/app").to_json()]})
    assert changes(reply) == ["update user app"]
    root = f"--root {host.root}"
    assert host.effects == [f"usermod {root} --gid app --home /srv/app --shell /usr/sbin/nologin app"]


def test_an_account_gets_its_number_and_keeps_it(host: HostDirectory) -> None:
    numbered = {"users": [User("app", home="/var/lib/app", uid=901, gid=901).to_json()]}
    assert changes(apply(host, manifest() | numbered)) == ["create user app"]
    root = f"--root {host.root}"
    assert host.effects == [
        f"groupadd {root} --system --gid 901 app",
        (
            f"useradd {root} --system --no-create-home --uid 901 --gid app --home-dir /var/lib/app"
            " --shell /usr/sbin/nologin app"
        ),
    ]
    assert changes(apply(host, manifest() | numbered)) == []


@pytest.mark.parametrize(
    ("uid", "gid", "why"),
    [
        (100, 901, "its uid is 901, and must be 100"),
        (901, 101, "its gid is 901, and must be 101"),
        (100, 101, "its uid is 901, and must be 100 and its gid is 901, and must be 101"),
    ],
)
def test_an_account_with_another_number_is_refused_before_anything_is_changed(
    host: HostDirectory, uid: int, gid: int, why: str
) -> None:
    apply(host, whole())
    host.forget_calls()
    accounts = (User("first"), User("app", home="/var/lib/app", uid=uid, gid=gid))
    shifted = whole() | {"users": [account.to_json() for account in accounts]}
    # A host that can't be asked would be replaced: the preview only tells of it.
    preview = host.ask("dry_run", manifest=shifted)
    assert (preview["ok"], changes(preview)) == (True, ["refuse user app", "create user first"])
    reply = apply(host, shifted)
    assert reply["error"]["what"] == "user app has the wrong number"
    assert reply["error"]["why"].startswith(f"{why}: data that outlives a host belongs to a number")
    assert host.effects == []


def test_going_back_takes_away_the_files_that_only_the_newer_manifest_had(host: HostDirectory) -> None:
    apply(host, manifest(File(CONF, "old")))
    apply(host, manifest(File(CONF, "new"), File("/etc/app/extra.conf", "new")))
    reply = apply(host, manifest(File(CONF, "old")))
    assert changes(reply) == [f"update file {CONF}", "remove file /etc/app/extra.conf"]
    assert [path.name for path in host.at("/etc/app").iterdir()] == ["app.conf"]


def test_a_file_of_the_image_is_never_taken_away(host: HostDirectory) -> None:
    host.at("/etc/of-the-image.conf").write_text("default")
    apply(host, manifest(File("/etc/of-the-image.conf", "ours")))
    apply(host, manifest())
    assert host.read("/etc/of-the-image.conf") == "ours"


class TestVerification:
    """Every new file is looked at before any is put in its place."""

    GOOD = File("/etc/app/good.conf", "good", verify=("grep", "-q", "good", "{}"))

    def test_a_refused_file_leaves_every_file_as_it_was_and_restarts_nothing(
        self, host: HostDirectory
    ) -> None:
        units = (Unit("app.service", restart_on=(CONF,)),)
        apply(host, manifest(File(CONF, "before"), self.GOOD, units=units))
        host.forget_calls()
        bad = File(CONF, "bad", verify=("sh", "-c", "echo line 3 is wrong; exit 1", "{}"))
        better = File("/etc/app/good.conf", "good and better", verify=self.GOOD.verify)
        reply = apply(host, manifest(better, bad, units=units))
        assert reply["error"] == {"what": f"the new {CONF} was refused by sh", "why": "line 3 is wrong"}
        found = {path.name: path.read_text() for path in host.at("/etc/app").iterdir()}
        assert found == {"app.conf": "before", "good.conf": "good"}
        assert host.effects == []

    def test_the_verifier_sees_secrets_and_its_words_do_not_tell_them(self, host: HostDirectory) -> None:
        bad = File(CONF, "password = @@secret:admin@@", verify=("sh", "-c", "cat $0; exit 1", "{}"))
        assert apply(host, manifest(bad))["error"]["why"] == "password = [secret]"


class TestSecrets:
    """Secrets reach files and nothing else."""

    FILE = File(CONF, "password = @@secret:admin@@\n", mode=0o600)

    def test_marks_become_values_in_the_file_alone_and_its_digests_are_keyed(
        self, host: HostDirectory
    ) -> None:
        reply = apply(host, manifest(self.FILE))
        content = f"password = {SECRETS['admin']}\n"
        assert host.read(CONF) == content
        kept = host.read("/var/lib/stagegate/state.json")
        assert SECRETS["admin"] not in json.dumps(reply) + kept
        keyed = hmac.new(bytes.fromhex(DIGEST_KEY), content.encode(), hashlib.sha256).hexdigest()
        assert reply["changes"][0]["after"] == f"hmac-sha256:{keyed}"
        (change,) = apply(host, manifest(File(CONF, "password = none\n")))["changes"]
        assert change["before"] == f"hmac-sha256:{keyed}"

    def test_a_changed_secret_changes_the_file(self, host: HostDirectory) -> None:
        apply(host, manifest(self.FILE))
        reply = host.ask("apply", token=1, manifest=manifest(self.FILE), secrets={"admin": "newer"})
        assert changes(reply) == [f"update file {CONF}"]
        assert host.read(CONF) == "password = newer\n"

    def test_a_secret_that_was_not_sent_is_named_before_anything_is_written(
        self, host: HostDirectory
    ) -> None:
        reply = apply(host, manifest(File("/etc/first", "1"), File(CONF, "@@secret:lost@@")))
        assert reply["error"]["why"] == "no value was sent for: lost"
        assert not host.at("/etc/first").exists()

    @pytest.mark.parametrize(
        "printed", [SECRETS["admin"], "Tr0ub4dor%263", SECRETS["key"], "second line of key"]
    )
    def test_what_commands_print_is_scrubbed(self, host: HostDirectory, printed: str) -> None:
        failing = {"name": "c", "run": ["sh", "-c", 'echo "$1"; echo "$1" >&2; exit 3', "sh", printed]}
        fact = {"name": "f", "run": ["echo", printed]}
        replies = [host.ask("run", token=1, commands=[failing]), host.ask("facts", facts=[fact])]
        assert printed not in json.dumps(replies)
        assert "[secret]" in replies[0]["error"]["why"]
        assert "[secret]" in replies[1]["facts"]["f"]["stdout"]

    def test_a_mark_in_an_argv_is_refused(self, host: HostDirectory) -> None:
        reply = host.ask("run", token=1, commands=[{"name": "c", "run": ["login", "@@secret:admin@@"]}])
        assert reply["error"]["why"] == "a secret must not be in an argv"

    def test_a_malformed_request_is_refused_without_its_secrets(self, host: HostDirectory) -> None:
        done = host.start({"mode": "apply", "token": 1, "manifest": SECRETS["admin"]})
        assert SECRETS["admin"] not in (done.stdout + done.stderr).decode()
        assert json.loads(done.stdout)["ok"] is False


def test_owners_are_never_skipped_unasked(host: HostDirectory) -> None:
    reply = host.ask("apply", token=1, owners=True, manifest=manifest(File(CONF, "x", owner="nobody-known")))
    assert reply["error"] == {
        "what": f"{CONF} can't be owned by nobody-known:root",
        "why": "no such user or group",
    }


def test_the_manifest_that_was_applied_last_is_recorded_whatever_hosts_come_and_go(
    host: HostDirectory,
) -> None:
    def recorded() -> str:
        return str(json.loads(host.read("/var/lib/stagegate/state.json"))["applied"])

    few = Manifest("h", files=(File("/etc/a", "one\n"), File("/etc/b", "b", steady="")))
    more = replace(few, files=(File("/etc/a", "one\ntwo\n", steady="one\n"), few.files[1]))
    other = replace(few, files=(File("/etc/a", "other\n"),))
    assert host.ask("apply", token=1, manifest=few.to_json())["ok"]
    assert recorded() == few.steady_digest() == more.steady_digest()
    host.ask("dry_run", manifest=other.to_json())
    host.ask("run", token=1, commands=[])
    assert recorded() == few.steady_digest()
    broken = replace(other, commands=(Command("no", ("false",)),))
    assert not host.ask("apply", token=1, manifest=broken.to_json())["ok"]
    assert recorded() == few.steady_digest(), "until all of another one was applied"
    assert host.ask("apply", token=1, manifest=other.to_json())["ok"]
    assert recorded() == other.steady_digest() != few.steady_digest()
