"""Accounts have the same numbers in every image, since data outlives hosts; one with others is refused."""

import subprocess
from pathlib import Path

import pytest
from programs import ended
from stage_sample import drafted

from stages.design.accounts import ACCOUNTS, table, user
from stages.machine.images import inputs
from stages.machine.substrates import image as build

# What data on volumes of older releases belongs to. A change makes it unreadable, and a rollback impossible.
KEPT = {"mysql": "100:101", "redis": "105:106", "rabbitmq": "108:109", "swift": "109:110", "nova": "997:996"}
IMAGE = inputs.read("2026.1")


def test_data_that_is_kept_belongs_to_the_numbers_that_it_always_had() -> None:
    lines = dict(line.split(":", 1) for line in table().splitlines())
    assert KEPT.items() <= lines.items()


def test_no_number_is_given_twice_and_all_are_of_the_system() -> None:
    for numbers in ([own.uid for own in ACCOUNTS.values()], [own.gid for own in ACCOUNTS.values()]):
        assert len(set(numbers)) == len(numbers)
        assert all(100 <= number < 1000 for number in numbers)
    assert 100 not in {own.gid for own in ACCOUNTS.values()}, "Debian's group users"


def test_whoever_owns_a_file_or_keeps_data_has_its_number() -> None:
    drawn = drafted("whole-prod")
    for name, manifest in drawn.manifests.items():
        numbered = {one.name for one in manifest.users if (one.uid, one.gid) != (None, None)}
        owners = {part.owner for part in (*manifest.files, *manifest.directories)} - {"root"}
        groups = {part.group for part in (*manifest.files, *manifest.directories)} - {"root"}
        assert owners | groups <= numbered, name
        assert {one.name for one in manifest.users} == numbered, name
        keeps = drawn.blueprint.roles[drawn.blueprint.host(name).role].keeps
        assert not keeps or numbered or keeps == ("/var/lib/ovn",), f"{name}: OVN's runs as root"


def test_an_account_of_a_manifest_is_the_image_s() -> None:
    one = user("nova")
    assert (one.home, one.shell, one.uid, one.gid) == ("/var/lib/nova", "/usr/sbin/nologin", 997, 996)
    with pytest.raises(KeyError):
        user("nobody-knows")


def test_they_are_added_before_packages_and_nobody_can_log_in_with_one(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    for name in ("passwd", "group"):
        (root / "etc" / name).write_text("root:*:0:0\n")
    for option in build._accounts(IMAGE, str(tmp_path)):  # noqa: SLF001 - what mmdebstrap is given
        option_name, script = option.split("=", 1)
        assert option_name == "--essential-hook"
        subprocess.run(("sh", "-c", script, "exec", str(root)), check=True)
    lines = (root / "etc/passwd").read_text().splitlines()
    assert lines[0] == "root:*:0:0"
    assert "mysql:*:100:101::/nonexistent:/bin/false" in lines
    assert {line.split(":")[1] for line in lines} == {"*"}
    assert "mysql:*:101:" in (root / "etc/group").read_text().splitlines()
    assert check(tmp_path, root) == ""


def test_a_changed_number_makes_another_root_file_system() -> None:
    other = inputs.ImageInputs(IMAGE.openstack, IMAGE.packages, IMAGE.accounts[1:], IMAGE.lock, IMAGE.context)
    assert other.root_digest != IMAGE.root_digest


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("passwd", "mysql:*:100:101", "mysql:*:104:101", "104:101 and its group 101"),
        ("passwd", "mysql:*:100:101", "mysql:*:100:102", "100:102 and its group 101"),
        ("passwd", "mysql:", "maria:", "none and its group 101"),
        ("group", "mysql:*:101", "mysql:*:999", "100:101 and its group 999"),
    ],
)  # fmt: skip
def test_an_image_with_a_number_that_differs_is_refused(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(IMAGE.passwd)
    (tmp_path / "etc/group").write_text(IMAGE.group)
    assert check(tmp_path, tmp_path) == ""
    text = (tmp_path / "etc" / file).read_text()
    assert text.count(old) == 1
    (tmp_path / "etc" / file).write_text(text.replace(old, new))
    (line,) = check(tmp_path, tmp_path).splitlines()
    assert line.startswith(f"check-accounts: mysql has uid:gid {said}, and must have 100:101 (")


def test_the_build_ends_with_that_check() -> None:
    text = dict(IMAGE.context)["Containerfile"]
    assert "check-accounts /usr/share/stagegate/accounts;" in text
    assert "useradd" not in text
    assert dict(IMAGE.context)["accounts"] == table()


def check(folder: Path, root: Path) -> str:
    """What check-accounts says of a root file system; empty if all is well."""
    (folder / "table").write_text(table())
    program = inputs.HERE / "check-accounts"
    done = ended("sh", program, folder / "table", root)
    assert (done.returncode == 0) is (done.stderr == "")
    return done.stderr
