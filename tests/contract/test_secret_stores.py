"""What every store of secrets promises, on each of them; Vault's against a real server."""

import os
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from programs import ended
from secret_grounds import GROUNDS, Ground, files
from vault_server import Server

from stages.machine import secret_stores
from stages.machine.references import Reference
from stages.machine.secret_stores.opening import opened
from stages.machine.secret_stores.store import Unread

ROOT = Path(__file__).parents[2]
CANARY = "canary-9c2e.XyZ~7"


@pytest.fixture(params=GROUNDS, ids=lambda make: make.__name__)
def ground(request: pytest.FixtureRequest, tmp_path: Path, vault: Server) -> Ground:
    made: Ground = request.param(tmp_path, vault)
    return made


def read(ground: Ground, reference: Reference) -> str | Unread:
    with opened(ground.environment) as stores:
        return stores.read(reference)


def printed(ground: Ground, reference: Reference) -> CompletedProcess[str]:
    argv = (sys.executable, "-m", secret_stores.__name__, str(reference))
    return ended(*argv, env={"PATH": os.environ["PATH"], **ground.environment})


def test_a_value_is_read_as_it_is_now(ground: Ground) -> None:
    assert read(ground, ground.keep(CANARY)) == CANARY
    assert read(ground, ground.keep(f"other {CANARY} ü'\"#: x")) == f"other {CANARY} ü'\"#: x"


def test_several_values_are_read_by_one_opening(ground: Ground) -> None:
    reference = ground.keep(CANARY)
    with opened(ground.environment) as stores:
        assert [stores.read(one) for one in (reference, reference)] == [CANARY, CANARY]
        assert isinstance(stores.read(ground.nothing), Unread)
        assert CANARY not in repr(stores)


def test_where_there_is_nothing_the_place_says_so_and_waiting_does_not_help(ground: Ground) -> None:
    ground.keep(CANARY)
    found = read(ground, ground.nothing)
    assert isinstance(found, Unread)
    assert found.why
    assert not found.transient
    assert ground.nothing.unusable("it", found.why, found.next).next


def test_an_empty_value_is_none(ground: Ground) -> None:
    found = read(ground, ground.keep(""))
    assert isinstance(found, Unread)
    assert "empty" in found.why


@pytest.mark.parametrize("ground", [one for one in GROUNDS if one is not files], indirect=True)
def test_without_what_opens_it_a_place_is_not_read_and_nothing_is_told(ground: Ground) -> None:
    reference = ground.keep(CANARY)
    public = ("VAULT_ADDR", "VAULT_CACERT")
    bare = {name: value for name, value in ground.environment.items() if name in public}
    with opened({**bare, "HOME": "/nowhere"}) as stores:
        found = stores.read(reference)
    assert isinstance(found, Unread)
    assert CANARY not in repr(found)


def test_the_program_prints_the_value_alone(ground: Ground) -> None:
    reference = ground.keep(CANARY)
    done = printed(ground, reference)
    assert (done.returncode, done.stdout, done.stderr) == (0, CANARY, "")
    none = printed(ground, ground.nothing)
    assert (none.returncode, none.stdout) == (1, "")
    assert len(none.stderr.splitlines()) == 1
    assert " (next: " in none.stderr


def test_the_libraries_of_age_and_vault_are_loaded_when_a_reference_needs_them() -> None:
    script = "import sys, stages.requests.answering; print({'hvac', 'pyrage'} & set(sys.modules))"
    assert ended(sys.executable, "-c", script, cwd=ROOT, check=True).stdout == "set()\n"
