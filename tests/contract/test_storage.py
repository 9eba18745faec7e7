"""What a site stores: seen with its size, and removed so that nobody takes half of it for the whole."""

import platform
import threading
from pathlib import Path

import pytest
from pinning import copy, pinned

from pipeline.adapters.file_lock import locked
from pipeline.adapters.homes import existing_copy, released
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.adapters.storage import SiteStorage
from pipeline.adapters.venvs import Venvs, environment_lock, venv_name
from pipeline.core.errors import UsageProblem
from pipeline.core.stored import Store, Stored
from pipeline.testing import FakeStorage
from pipeline.tool_ports import Storage

ENVIRONMENT = "0123456789abcdef"


def made(site: Path) -> list[Stored]:
    """A site with one folder in each store."""
    names = {"releases": "a" * 64, "environments": ENVIRONMENT, "runs": "p1"}
    for folder, name in names.items():
        (site / folder / name / "deep").mkdir(parents=True)
        (site / folder / name / "deep" / "file").write_text("x" * 10_000)
    return [
        Stored(store, name, 1, 0.0)
        for store, name in zip((Store.COPY, Store.ENVIRONMENT, Store.RUN), names.values(), strict=True)
    ]


@pytest.fixture(params=["fake", "site"])
def storage(request: pytest.FixtureRequest, site: Path) -> Storage:
    wanted = made(site)
    return FakeStorage(wanted) if request.param == "fake" else SiteStorage(site)


def test_each_folder_is_seen_and_gone_once_it_is_removed(storage: Storage) -> None:
    found = storage.stored()
    assert [one.store for one in found] == [Store.COPY, Store.ENVIRONMENT, Store.RUN]
    assert all(one.size > 0 for one in found)

    for number, one in enumerate(found, 1):
        storage.remove(one)
        assert list(storage.stored()) == list(found[number:])


def test_a_site_without_folders_stores_nothing(site: Path) -> None:
    assert SiteStorage(site).stored() == ()


def test_a_copy_names_the_environment_that_it_runs_in_and_comes_back_as_it_was(
    revisions: GitRevisions, site: Path
) -> None:
    checkout = pinned(revisions)
    place = copy(site, checkout)
    (place / "code" / "requirements").mkdir()
    (place / "code" / "requirements" / "runtime.txt").write_text("thing==1\n")
    (one,) = SiteStorage(site).stored()
    assert one.environment == venv_name(b"thing==1\n", platform.python_version())

    SiteStorage(site).remove(one)

    with pytest.raises(UsageProblem, match="copy is not in this site") as caught:
        released(site, lambda code: code)(checkout.pin.id)
    assert "promote pin" in caught.value.next
    for ask in (revisions.settings, revisions.packages):
        with pytest.raises(UsageProblem, match="copy is not in this site"):
            ask(checkout.pin.id)
    assert list((site / "releases").iterdir()) == []
    revisions.materialise(checkout)
    assert existing_copy(site, checkout.pin.id) == place


def test_what_was_compiled_of_a_copy_goes_with_it(site: Path) -> None:
    (one, *_) = made(site)
    compiled = site / "bytecode" / (site / "releases" / one.name).relative_to("/") / "code"
    compiled.mkdir(parents=True)

    SiteStorage(site).remove(one)
    assert not compiled.parent.exists()


def test_a_removal_that_was_killed_is_seen_and_can_be_finished(site: Path) -> None:
    copied, *_ = made(site)
    storage = SiteStorage(site)
    place = site / "releases" / copied.name
    place.rename(place.with_name(f".removed-{copied.name}"))

    (half, *_) = storage.stored()
    assert half.name == f".removed-{copied.name}"
    storage.remove(half)
    assert not list((site / "releases").iterdir())


def test_an_environment_is_not_removed_while_one_builds_it(site: Path) -> None:
    _, environment, _ = made(site)
    place = site / "environments" / environment.name
    removing = threading.Thread(target=SiteStorage(site).remove, args=(environment,))

    with locked(environment_lock(place)):
        removing.start()
        removing.join(0.3)
        assert removing.is_alive()
        assert place.is_dir()
    removing.join(10)
    assert not place.exists()


def test_an_environment_that_was_removed_is_built_again(tmp_path: Path, site: Path) -> None:
    (tmp_path / "code/requirements").mkdir(parents=True)
    (tmp_path / "code/requirements/runtime.txt").write_text("")
    venvs = Venvs(site, lambda _message: None)
    python = venvs.python_for(tmp_path / "code")
    storage = SiteStorage(site)

    (one,) = storage.stored()
    storage.remove(one)
    assert not python.exists()
    assert venvs.python_for(tmp_path / "code").exists()


def test_what_is_gone_already_says_so(site: Path) -> None:
    with pytest.raises(UsageProblem, match="the run p9 could not be removed"):
        SiteStorage(site).remove(Stored(Store.RUN, "p9", 1, 0.0))


def test_what_archiving_left_in_the_site_is_found_and_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".archive-x", "keys"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "packed").touch()

    (one,) = SiteStorage(tmp_path).stored()
    assert (one.store, one.name) == (Store.REMNANT, ".archive-x")
    SiteStorage(tmp_path).remove(one)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
