"""Which scripts of two releases are new, what becomes of a review, and what the plan makes of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from stages.errors import ReviewImpossible
from stages.machine.images import releases, reviews
from stages.machine.schema_review import review_file
from stages.machine.schema_review.__main__ import main, review
from stages.machine.schema_review.scripts import PLACES, heads, migrations
from stages.openstack.review import Review, problems

BEFORE, AFTER = "2025.2", "2026.1"
FOLDERS = {place.schema: place.folder for place in PLACES}
LISTED = "keystone/common/sql/upgrades.py"
DATA = "glance/db/sqlalchemy/alembic_migrations/data_migrations"
WRITTEN = "old code reads it\nsmoke neutron:port_binds writes it"


def script(revision: str, down: str | None, body: str = "pass", more: str = "") -> str:
    return f"revision = '{revision}'\ndown_revision = {down!r}\n{more}\n\ndef upgrade():\n    {body}\n"


def packages(folder: Path, more: Mapping[str, str]) -> Path:
    """A release's packages: of each schema one script, and these files."""
    first = {f"{place}/first.py": script("first", None) for place in FOLDERS.values()}
    for name, text in {LISTED: "RELEASES = ('yoga',)\n", **first, **more}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def neutron(name: str) -> str:
    return f"{FOLDERS['neutron']}/{name}"


def made(tmp_path: Path, more: Mapping[str, str], kept: Path | None = None) -> Review:
    before = packages(tmp_path / "before", {})
    after = packages(tmp_path / "after", more)
    return review(BEFORE, AFTER, {BEFORE: before, AFTER: after}, kept or tmp_path / "none")


NEW = {neutron("2026.1/expand/new.py"): script("new", "first", "op.drop_table('ports')")}


def test_new_is_the_script_whose_revision_the_old_release_does_not_have_wherever_it_lies(
    tmp_path: Path,
) -> None:
    found = made(tmp_path, {**NEW, neutron("2024.1/expand/moved.py"): script("first", None)})
    assert [(one.schema, one.revision, len(one.operations)) for one in found.scripts] == [
        ("neutron", "new", 1)
    ]


def test_a_new_script_that_only_adds_is_listed_without_operations(tmp_path: Path) -> None:
    found = made(tmp_path, {f"{FOLDERS['cinder']}/new.py": script("new", "first")})
    assert [(one.schema, one.operations) for one in found.scripts] == [("cinder", ())]
    assert problems(found, releases.read().locked) == ()


@pytest.mark.parametrize("label", ["('contract',)", "cli.CONTRACT_BRANCH", "('c01', m.CONTRACT_BRANCH)"])
def test_contract_comes_later_with_all_that_follows_in_its_branch(tmp_path: Path, label: str) -> None:
    branch = {
        neutron("contract/a.py"): script("a", "first", "op.drop_table('a')", f"branch_labels = {label}"),
        neutron("contract/b.py"): script("b", "a", "op.drop_table('b')"),
    }
    found = made(tmp_path, {**branch, **NEW})
    assert [one.revision for one in found.scripts] == ["new"]
    assert found.heads["neutron"].before == ("first",)
    assert found.heads["neutron"].expanded == ("new",)
    assert found.heads["neutron"].contracted == ("b", "new")


def test_scripts_that_change_rows_between_expand_and_contract_count(tmp_path: Path) -> None:
    body = "connection.execute(images.update().values(a=1))"
    found = made(tmp_path, {f"{DATA}/new.py": f"def migrate():\n    {body}\n", f"{DATA}/__init__.py": ""})
    assert [(one.schema, one.revision, one.operations[0].effect.value) for one in found.scripts] == [
        ("glance", "new", "writes")
    ]
    assert found.heads["glance"].expanded == ("first",)


def test_a_folder_that_the_releases_own_command_does_not_read_is_not_read(tmp_path: Path) -> None:
    """Keystone 2025.2 shipped a script that way: it runs in 2026.1, which names the folder."""
    late = {f"{FOLDERS['keystone']}/2025.2/expand/late.py": script("late", "first")}
    named = {**late, LISTED: "RELEASES = ('yoga', '2025.2')\n"}
    before, after = packages(tmp_path / "before", late), packages(tmp_path / "after", named)
    found = review(BEFORE, AFTER, {BEFORE: before, AFTER: after}, tmp_path / "none")
    assert [one.revision for one in found.scripts] == ["late"]
    assert found.heads["keystone"].before == ("first",)


def test_an_old_head_that_the_new_release_does_not_know_is_no_step(tmp_path: Path) -> None:
    before = packages(tmp_path / "before", {neutron("lost.py"): script("lost", "first")})
    after = packages(tmp_path / "after", {})
    with pytest.raises(ReviewImpossible, match="no script lost of neutron"):
        review(BEFORE, AFTER, {BEFORE: before, AFTER: after}, tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (LISTED, "RELEASES = tuple(sorted(os.listdir()))\n", "no plain list of RELEASES"),
        (
            neutron("new.py"),
            "revision = made()\n\ndef upgrade():\n    pass\n",
            "does not say its revision plainly",
        ),
    ],
)
def test_what_is_kept_in_an_unknown_way_is_not_passed_over(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(ReviewImpossible, match=told):
        made(tmp_path, {name: text})


def test_packages_without_the_scripts_of_a_project_are_refused(tmp_path: Path) -> None:
    (neutrons,) = [place for place in PLACES if place.schema == "neutron"]
    with pytest.raises(ReviewImpossible, match="no migration script of neutron"):
        migrations(tmp_path, neutrons)


def test_a_revision_may_be_given_with_its_type(tmp_path: Path) -> None:
    typed = "revision: str = 'new'\ndown_revision: str | None = 'first'\n\ndef upgrade():\n    pass\n"
    found = made(tmp_path, {neutron("new.py"): typed})
    assert found.heads["neutron"].expanded == ("new",)


def test_every_distribution_that_is_compared_is_one_whose_scripts_are_read() -> None:
    assert {place.distribution for place in PLACES} == set(releases.PROJECTS)


def test_an_operation_that_nobody_reviewed_is_a_reason_to_refuse_with_the_file_to_write_in(
    tmp_path: Path,
) -> None:
    (problem,) = problems(made(tmp_path, NEW), releases.read().locked)
    assert "neutron new line 6 drops (op.drop_table('ports'))" in problem.what
    assert "stages/machine/images/reviews/2025.2-2026.1.toml" in problem.next


def written(found: Review, folder: Path) -> Path:
    """The folder of a review in which a person has written."""
    folder.mkdir()
    scripts = [
        replace(one, operations=tuple(replace(operation, reviewed=WRITTEN) for operation in one.operations))
        for one in found.scripts
    ]
    review_file.write(replace(found, scripts=tuple(scripts)), folder)
    return folder


def test_what_a_person_wrote_is_kept_when_the_review_is_made_again(tmp_path: Path) -> None:
    kept = written(made(tmp_path, NEW), tmp_path / "kept")
    again = made(tmp_path, NEW, kept)
    assert [operation.reviewed for one in again.scripts for operation in one.operations] == [WRITTEN]
    assert problems(again, releases.read().locked) == ()
    assert reviews.read(kept) == (again,)
    assert review_file.text(again) == (kept / "2025.2-2026.1.toml").read_text()


def test_a_script_that_has_changed_since_is_refused_until_somebody_has_read_it_again(tmp_path: Path) -> None:
    kept = written(made(tmp_path, NEW), tmp_path / "kept")
    changed = {name: text + "# and more\n" for name, text in NEW.items()}
    again = made(tmp_path, changed, kept)
    (problem,) = problems(again, releases.read().locked)
    assert "scripts have changed since they were reviewed: neutron new" in problem.what
    assert "set `read` to `digest`" in problem.next
    assert [operation.reviewed for one in again.scripts for operation in one.operations] == [WRITTEN]
    read = replace(again, scripts=tuple(replace(one, read=one.digest) for one in again.scripts))
    assert problems(read, releases.read().locked) == ()


def test_an_operation_that_was_added_to_a_reviewed_script_is_not_reviewed(tmp_path: Path) -> None:
    kept = written(made(tmp_path, NEW), tmp_path / "kept")
    changed = {name: text + "    op.drop_table('more')\n" for name, text in NEW.items()}
    told = [problem.what for problem in problems(made(tmp_path, changed, kept), releases.read().locked)]
    assert any("op.drop_table('more')" in what for what in told)
    assert not any("op.drop_table('ports')" in what for what in told)


def test_other_versions_than_those_that_were_read_are_refused_with_the_command_to_type(
    tmp_path: Path,
) -> None:
    locked = releases.read().locked
    newer = {**locked, AFTER: {**locked[AFTER], "neutron": "28.9.0"}}
    (problem,) = problems(made(tmp_path, {}), newer)
    assert f"2026.1 neutron {locked[AFTER]['neutron']}, not 28.9.0" in problem.what
    assert problem.next == ".venv/bin/python -m stages.machine.schema_review 2025.2 2026.1"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('effect = "drops"', 'effect = "breaks"'), ('revision = "new"\n', ""), ('"""', '"')],
)
def test_a_review_that_a_person_broke_is_named(tmp_path: Path, was: str, becomes: str) -> None:
    path = written(made(tmp_path, NEW), tmp_path / "kept") / "2025.2-2026.1.toml"
    path.write_text(path.read_text().replace(was, becomes))
    with pytest.raises(ReviewImpossible) as caught:
        reviews.read(path.parent)
    assert caught.value.where == str(path)


def test_of_a_lock_only_the_projects_are_installed() -> None:
    lock = "alembic==1.0 \\\n    --hash=sha256:a\nnova==33.0.1 \\\n    --hash=sha256:b\nnova-lib==1\n"
    assert releases.projects_only(lock) == "nova==33.0.1 \\\n    --hash=sha256:b\n"


def test_rows_of_alembics_table_are_the_scripts_that_no_other_follows_or_depends_on(tmp_path: Path) -> None:
    place = next(place for place in PLACES if place.schema == "glance")
    more = {
        f"{place.folder}/expand.py": script("expand", "first"),
        f"{place.folder}/contract.py": script("contract", "first", more="depends_on = ('expand',)"),
    }
    found = migrations(packages(tmp_path, more), place)
    assert heads(found.values()) == ("contract",)


def test_the_command_names_a_release_without_a_lock_before_it_installs_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["schema_review", "2025.2", "2031.1"])
    assert main() == 2
    assert "there is no lock for OpenStack 2031.1" in capsys.readouterr().err


def test_the_command_without_two_releases_says_how_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["schema_review", "2025.2"])
    assert main() == 2
    assert "usage: python -m stages.machine.schema_review FROM TO" in capsys.readouterr().err
