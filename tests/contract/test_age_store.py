"""What goes wrong with a file of age is told in words, with what to do; no part of it is repeated."""

from pathlib import Path

import pyrage
import pytest

from stages.machine.secret_stores.age_files import IDENTITY, IDENTITY_FILE, AgeFiles
from stages.machine.secret_stores.store import Unread

CANARY = "canary-77d0.XyZ~7"
OURS, OTHER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()


def sealed(text: bytes, *, to: pyrage.x25519.Identity = OURS, armored: bool = False) -> bytes:
    found: bytes = pyrage.encrypt(text, [to.to_public()], armored=armored)
    return found


def unread(content: bytes, folder: Path, key: str = "", environment: dict[str, str] | None = None) -> Unread:
    (folder / "value.age").write_bytes(content)
    environment = {IDENTITY: str(OURS)} if environment is None else environment
    found = AgeFiles(environment).read(f"{folder}/value.age{key}")
    assert isinstance(found, Unread), "there is a value"
    assert CANARY not in repr(found)
    assert str(OURS) not in repr(found) + repr(AgeFiles(environment))
    return found


@pytest.mark.parametrize(
    ("content", "key", "why"),
    [
        (sealed(CANARY.encode(), to=OTHER), "", "it is encrypted for other identities"),
        (sealed(CANARY.encode())[:-4], "", "it is damaged"),
        (sealed(CANARY.encode(), armored=True)[:-50], "", "it is damaged"),
        (CANARY.encode(), "", "it is not encrypted by age"),
        (sealed(CANARY.encode() + b"\xff"), "", "what it has, decrypted, is not UTF-8 text"),
        (sealed(f"{CANARY}: [".encode()), "#admin", "what it has, decrypted, is not YAML"),
        *(
            (sealed(f"admin: {CANARY}\n{wrong}".encode()), "#admin", "what it has, decrypted, is not YAML")
            for wrong in (
                "d: 2024-99-99",
                "d: !!timestamp then",
                "d: 2024-01-01T00:00:00+99:99",
                "n: !!int ''",
                "n: " + "1" * 5000,
                "b: !!bool perhaps",
                "l: " + "[" * 2000,
                "? [1]\n: 2",
            )
        ),
        (sealed(CANARY.encode()), "#admin", "what it has, decrypted, is not a mapping of keys to values"),
        (sealed(f"other: {CANARY}".encode()), "#admin", "it has no key admin"),
        (sealed(b"admin: 12345678"), "#admin", "the value of admin is not text: put it in quotes"),
        (sealed(b"admin: ''"), "#admin", "the value of admin is empty"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, content: bytes, key: str, why: str) -> None:
    assert unread(content, tmp_path, key).why == why


def test_an_identity_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "identity"
    file.write_text(f"{OURS}\n")
    for mode in (0o644, 0o640, 0o602):
        file.chmod(mode)
        found = unread(sealed(CANARY.encode()), tmp_path, environment={IDENTITY_FILE: str(file)})
        assert (found.why, found.next) == (
            f"the identity file {file} is open to others (mode {mode:04o})",
            f"chmod 600 {file}",
        )
    file.chmod(0o600)
    assert AgeFiles({IDENTITY_FILE: str(file)}).read(f"{tmp_path}/value.age") == CANARY


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({}, f"neither {IDENTITY} nor {IDENTITY_FILE} is set"),
        ({IDENTITY: f"x {OURS}"}, f"the variable {IDENTITY} has no identity of age (AGE-SECRET-KEY-1...)"),
        ({IDENTITY: "# none"}, f"the variable {IDENTITY} has no identity of age (AGE-SECRET-KEY-1...)"),
        ({IDENTITY_FILE: "/does/not/exist"}, "the identity file /does/not/exist can't be read"),
    ],
)
def test_without_an_identity_it_is_told_where_one_is_looked_for(
    tmp_path: Path, environment: dict[str, str], why: str
) -> None:
    found = unread(sealed(CANARY.encode()), tmp_path, environment=environment)
    assert found.why.startswith(why)
    assert found.next


def test_one_identity_of_several_is_enough(tmp_path: Path) -> None:
    (tmp_path / "value.age").write_bytes(sealed(CANARY.encode()))
    store = AgeFiles({IDENTITY: f"{OTHER}\n# the newer one\n{OURS}\n"})
    assert store.read(f"{tmp_path}/value.age") == CANARY
