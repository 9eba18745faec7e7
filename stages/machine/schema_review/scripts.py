"""The migration scripts of a release, as its packages have them, and which of them run before contract."""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.errors import ReviewImpossible
from stages.machine.schema_review.syntax import assigned


@dataclass(frozen=True, slots=True)
class Place:
    """Where a distribution keeps the scripts of one schema, in its environment's folder of packages.

    `rows` is a folder of scripts that change rows between expand and contract, which Alembic does not know.
    `listed_in` is a module whose RELEASES names the folders that the release's own command reads: Keystone
    once shipped a script in a folder that it did not name, so that no stage of that release has run it.
    """

    schema: str
    distribution: str
    folder: str
    rows: str = ""
    listed_in: str = ""

    @property
    def package(self) -> str:
        """The name of the Python package."""
        return self.folder.split("/", maxsplit=1)[0]


_GLANCE = "glance/db/sqlalchemy/alembic_migrations"
PLACES = (
    Place(
        "keystone",
        "keystone",
        "keystone/common/sql/migrations/versions",
        listed_in="keystone/common/sql/upgrades.py",
    ),
    Place("glance", "glance", f"{_GLANCE}/versions", rows=f"{_GLANCE}/data_migrations"),
    Place("placement", "openstack-placement", "placement/db/sqlalchemy/alembic/versions"),
    Place("nova_api", "nova", "nova/db/api/migrations/versions"),
    Place("nova", "nova", "nova/db/main/migrations/versions"),
    Place("neutron", "neutron", "neutron/db/migration/alembic_migrations/versions"),
    Place("cinder", "cinder", "cinder/db/migrations/versions"),
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One script. `behind` are the revisions that it follows or depends on; `contracts`: it runs in contract.

    One that `changes_rows` runs in between, and is none of Alembic's: its name stands for its revision.
    """

    revision: str
    file: str
    text: str
    behind: frozenset[str] = frozenset()
    contracts: bool = False
    changes_rows: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of its text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(packages: Path, place: Place) -> dict[str, Migration]:
    """The scripts of one schema by revision; those that change rows by the name of their file.

    Raises ReviewImpossible if there is none, or if one does not say its revision.
    """
    folder = packages / place.folder
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(_listed(packages, place, folder))}
    parsed = {path: header for path, text in texts.items() for header in _Header.of(path, text)}
    if not parsed:
        raise _impossible(f"there is no migration script of {place.schema}", folder)
    headers = {header.revision: header for header in parsed.values()}
    found = {
        header.revision: Migration(
            header.revision,
            str(path.relative_to(packages)),
            texts[path],
            frozenset((*header.down, *header.depends)),
            _contracts(header, headers),
        )
        for path, header in parsed.items()
    }
    return found | _changing_rows(packages, place)


def heads(scripts: Iterable[Migration]) -> tuple[str, ...]:
    """The rows of `alembic_version` once these have run: those that no other follows or depends on."""
    has = [script for script in scripts if not script.changes_rows]
    behind = {revision for script in has for revision in script.behind}
    return tuple(sorted(script.revision for script in has if script.revision not in behind))


@dataclass(frozen=True, slots=True)
class _Header:
    """What a script says of itself in plain assignments. `down` is what it follows."""

    revision: str
    down: tuple[str, ...]
    depends: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, text: str) -> "tuple[_Header, ...]":
        """The script's one header; none for a file that is no script."""
        body = ast.parse(text).body
        values = assigned(body)
        revision, down, depends, labels = (
            tuple(word for value in values.get(name, ()) for word in _words(value))
            for name in ("revision", "down_revision", "depends_on", "branch_labels")
        )
        if len(revision) == 1:
            return (cls(revision[0], down, depends, labels),)
        if any(isinstance(node, ast.FunctionDef) and node.name == "upgrade" for node in body):
            raise _impossible("a migration script does not say its revision plainly", path)
        return ()


def _words(node: ast.expr) -> tuple[str, ...]:
    """The strings in a value, and the names of constants in it: `cli.CONTRACT_BRANCH`."""
    parts = list(ast.walk(node))
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return tuple(texts + [part.attr for part in parts if isinstance(part, ast.Attribute)])


def _contracts(header: _Header, headers: Mapping[str, _Header]) -> bool:
    """Whether it is in a branch of contract: a label is inherited by all that follow."""
    seen: set[str] = set()
    rest = [header]
    while rest:
        one = rest.pop()
        if any("contract" in label.lower() for label in one.labels):
            return True
        seen.add(one.revision)
        rest += [headers[name] for name in one.down if name in headers and name not in seen]
    return False


def _listed(packages: Path, place: Place, folder: Path) -> Iterable[Path]:
    every = folder.rglob("*.py")
    if not place.listed_in:
        return every
    named = _releases(packages / place.listed_in)
    return (path for path in every if path.parent == folder or path.relative_to(folder).parts[0] in named)


def _releases(module: Path) -> frozenset[str]:
    listed = assigned(ast.parse(module.read_text(encoding="utf-8")).body).get("RELEASES", ())
    try:
        (named,) = (ast.literal_eval(value) for value in listed)
    except ValueError as error:  # not one plain value: its folders are not known
        raise _impossible("there is no plain list of RELEASES, whose folders are read", module) from error
    return frozenset(named)


def _changing_rows(packages: Path, place: Place) -> dict[str, Migration]:
    paths = sorted((packages / place.rows).glob("*.py")) if place.rows else []
    found = (
        Migration(path.stem, str(path.relative_to(packages)), path.read_text("utf-8"), changes_rows=True)
        for path in paths
        if path.stem != "__init__"
    )
    return {script.revision: script for script in found}


def _impossible(what: str, where: Path) -> ReviewImpossible:
    return ReviewImpossible(
        what,
        where=str(where),
        why="the project keeps its migrations in another way than this code knows",
        next="correct PLACES, or what reads them, in stages/machine/schema_review/scripts.py",
    )
