"""Secrets are made once and kept private, or read where the config says; no value is told anywhere."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from config_sample import append, refused, told

from stages.config import read
from stages.design.parts import Secret, SecretKind
from stages.draft import draft
from stages.errors import SecretUnusable
from stages.machine import secrets
from stages.machine.references import Kept, Reference
from stages.machine.site import Site

CANARY = "canary-4f1d.XyZ~7"
PASSWORD, KEY = Secret("admin_password"), Secret("fernet_key_0", SecretKind.FERNET)
WANTED = (PASSWORD, KEY)


def referring(config: Path, lines: str) -> Path:
    append(config, "stages/prod.yaml", f"\nsecrets:{lines}\n")
    return config


def problems(config: Path) -> list[str]:
    error = refused(config)
    assert CANARY not in str(error) + repr(error) + repr(error.problems)
    return told(config)


def test_made_secrets_are_kept_private_and_stay_what_they_are(site: Site) -> None:
    made = secrets.ensure(site, "prod", WANTED, {})
    assert set(made) == {"admin_password", "fernet_key_0", "digest-key"}
    assert secrets.ensure(site, "prod", WANTED, {}) == made
    for name in made:
        assert (secrets.folder(site, "prod") / name).stat().st_mode & 0o777 == 0o600
    assert (secrets.folder(site, "prod")).stat().st_mode & 0o077 == 0
    assert len(base64.urlsafe_b64decode(made["fernet_key_0"])) == 32


def test_two_stages_share_no_secret(site: Site) -> None:
    values = [*secrets.ensure(site, "prod", WANTED, {}).values()]
    values += secrets.ensure(site, "staging", WANTED, {}).values()
    assert len(set(values)) == len(values)


def test_threads_that_race_to_make_a_secret_all_get_the_same(site: Site) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        made = list(pool.map(lambda _: secrets.ensure(site, "prod", WANTED, {}), range(64)))
    assert all(values == made[0] for values in made)
    kept = {path.name for path in secrets.folder(site, "prod").iterdir()}
    assert kept == set(made[0]), "no draft stays behind"


def test_asking_what_is_known_makes_nothing(site: Site) -> None:
    assert secrets.known(site, "prod", WANTED, {}) == {}
    assert not secrets.folder(site, "prod").exists()
    made = secrets.ensure(site, "prod", WANTED, {})
    assert secrets.known(site, "prod", WANTED, {}) == made


def test_a_referenced_secret_is_read_each_time_and_never_written_into_the_site(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROD_ADMIN", CANARY)
    file = tmp_path / "keystone"
    wanted = (*WANTED, Secret("database_keystone_password"))
    references = {
        "admin_password": Reference.parse("env:PROD_ADMIN"),
        "database_keystone_password": Reference.parse(f"file:{file}"),
    }
    for ask in (secrets.ensure, secrets.known):
        file.write_text("first-value\n")
        found = ask(site, "prod", wanted, references)
        assert (found["admin_password"], found["database_keystone_password"]) == (CANARY, "first-value")
        file.write_text("other-value")
        assert ask(site, "prod", wanted, references)["database_keystone_password"] == "other-value"
    kept = "\n".join(path.read_text() for path in site.path.rglob("*") if path.is_file())
    assert CANARY not in kept
    assert "-value" not in kept


def unusable(reference: Reference, secret: Secret, site: Site) -> SecretUnusable:
    """The error for a reference without a usable value, which repeats no value."""
    for ask in (secrets.known, secrets.ensure):
        with pytest.raises(SecretUnusable) as caught:
            ask(site, "prod", [secret], {secret.name: reference})
        assert CANARY not in str(caught.value) + repr(caught.value) + repr(caught.value.__cause__)
    return caught.value


UNSET = "the variable is not set, or empty"
NO_PASSWORD = "its content is not 8 to 128 letters, digits and . _ ~ -"
NO_KEY = "its content is not 32 bytes in URL-safe base64"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, UNSET),
        ("", UNSET),
        (f"{CANARY}'; DROP", NO_PASSWORD),
        (f"{CANARY}\n", NO_PASSWORD),
        ("short", NO_PASSWORD),
    ],
)
def test_a_variable_without_a_usable_value_is_named_and_no_value_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch, value: str | None, why: str
) -> None:
    monkeypatch.delenv("PROD_ADMIN", raising=False)
    if value is not None:
        monkeypatch.setenv("PROD_ADMIN", value)
    error = unusable(Reference(Kept.ENV, "PROD_ADMIN"), PASSWORD, site)
    assert (error.where, error.why) == ("env:PROD_ADMIN", why)
    assert "PROD_ADMIN" in error.next


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "it can't be read: No such file or directory"),
        (b"\n", "it is empty"),
        (CANARY.encode() + b"\xff", NO_KEY),
        (CANARY.encode(), NO_KEY),
    ],
)
def test_a_file_without_a_usable_key_is_named_and_no_value_is_told(
    site: Site, tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    error = unusable(Reference(Kept.FILE, str(file)), KEY, site)
    assert (error.where, error.why, error.next) == (f"file:{file}", why, f"ls -l {file}")


def test_a_referenced_key_has_the_form_of_a_made_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets.ensure(site, "dev", WANTED, {})["fernet_key_0"]
    monkeypatch.setenv("KEY", key)
    found = secrets.ensure(site, "prod", WANTED, {"fernet_key_0": Reference(Kept.ENV, "KEY")})
    assert found["fernet_key_0"] == key


def test_a_stage_may_refer_to_its_secrets(config: Path) -> None:
    lines = "\n  admin_password: env:PROD_ADMIN\n  fernet_key_0: file:/etc/keys/0"
    found = read(referring(config, lines)).stage("prod").secrets
    assert {name: (str(reference), reference.to_json()) for name, reference in found.items()} == {
        "admin_password": ("env:PROD_ADMIN", {"env": "PROD_ADMIN"}),
        "fernet_key_0": ("file:/etc/keys/0", {"file": "/etc/keys/0"}),
    }
    assert not read(config).stage("dev").secrets


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "can't be read: No such file or directory"),
        (CANARY, "is not encrypted by age"),
        ("age-encryption.org/v1\n", None),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", None),
    ],
)
def test_a_file_of_the_config_that_is_not_encrypted_is_a_problem_of_the_config(
    config: Path, content: str | None, why: str | None
) -> None:
    referring(
        config, "\n  admin_password: age:secrets/of prod.age#admin\n  fernet_key_0: age:/elsewhere/key.age"
    )
    (config / "secrets").mkdir()
    if content is not None:
        (config / "secrets/of prod.age").write_text(content)
    if why is None:
        found = read(config).stage("prod").secrets["admin_password"]
        assert str(found) == f"age:{config}/secrets/of prod.age#admin"
        return
    (problem,) = problems(config)
    assert problem.startswith("stages/prod.yaml:")
    assert f": admin_password: the file secrets/of prod.age {why} (age -r RECIPIENT -o" in problem


def test_the_example_in_the_shipped_config_is_accepted(config: Path) -> None:
    path = config / "stages/prod.yaml"
    head, _, example = path.read_text().partition("# secrets:")
    path.write_text(f"{head}secrets:" + example.replace("\n#   ", "\n  "))
    assert set(read(config).stage("prod").secrets) == {
        "admin_password",
        "database_keystone_password",
        "metadata_secret",
    }


def test_a_name_that_no_role_of_the_stage_knows_is_told_with_the_nearest(config: Path) -> None:
    near, unknown = problems(referring(config, "\n  admin_pasword: env:X\n  digest-key: env:X"))
    assert near.startswith("stages/prod.yaml:")
    assert near.endswith(": unknown secret 'admin_pasword' (did you mean 'admin_password'?)")
    assert ": unknown secret 'digest-key'" in unknown


NO_VALUE = "admin_password: a value has no place in a config"
NO_MAPPING = "secrets: must be a mapping of the names of secrets to references"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (f"\n  admin_password: {CANARY}", NO_VALUE),
        (f'\n  admin_password: "{CANARY}"', NO_VALUE),
        (f"\n  admin_password: [{CANARY}]", NO_VALUE),
        (f"\n  admin_password: env:{CANARY}", "admin_password: env: must be followed by the name"),
        (f"\n  admin_password: file:{CANARY}", "admin_password: file: must be followed by an absolute path"),
        (f"\n  admin_password: vault:{CANARY}", "admin_password: vault: must be followed by MOUNT/PATH#KEY"),
        (f"\n  admin_password: vault:kv/../{CANARY}#x", "vault: must be followed by MOUNT/PATH#KEY"),
        (f"\n  admin_password: age:../{CANARY}", "admin_password: age: must be followed by the path"),
        (f"\n  admin_password: age:x#{CANARY} x", "admin_password: age: must be followed by the path"),
        ("\n  admin_password:", NO_VALUE),
        (f" {CANARY}", NO_MAPPING),
        ("", NO_MAPPING),
        (f"\n  admin_password: !{CANARY} x", "a tag is not supported here"),
        ("\n  admin_password: *canary", "this is not YAML: found undefined alias"),
        (f"\n  admin_password: {CANARY}\n  admin_password: env:X", "duplicate key 'admin_password'"),
    ],
)
def test_a_literal_value_is_refused_and_never_repeated(config: Path, lines: str, message: str) -> None:
    found = problems(referring(config, lines))
    assert any(message in problem for problem in found), found
    assert "canary" not in repr(found)


@pytest.mark.parametrize("value", ["0123456", "12:34:56", "2026-11-22", "yes", "0x1F", "1_000", "1e5", "~"])
def test_a_password_that_looks_like_a_number_or_a_date_is_not_repeated(config: Path, value: str) -> None:
    (problem,) = problems(referring(config, f"\n  admin_password: {value}"))
    assert value not in problem


def test_what_a_stage_is_drafted_as_holds_no_value(
    config: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROD_ADMIN", CANARY)
    drafted = draft(referring(config, "\n  admin_password: env:PROD_ADMIN"), "prod", site.id)
    secrets.ensure(site, "prod", WANTED, drafted.references)
    manifests = json.dumps({name: manifest.to_json() for name, manifest in drafted.manifests.items()})
    assert CANARY not in manifests + repr(drafted)
    assert "@@secret:admin_password@@" in manifests
