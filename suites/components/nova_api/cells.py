"""Nova's cells and their compute hosts, from its API database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation

CELL0 = "00000000-0000-0000-0000-000000000000"
# Reads only the names of cells: their URLs contain passwords.
READ = (
    "mariadb --batch --skip-column-names nova_api -e "
    "\"SELECT 'cell', uuid, IFNULL(name, '') FROM cell_mappings; "
    "SELECT 'host', h.host, c.uuid FROM host_mappings h JOIN cell_mappings c ON c.id = h.cell_id\""
)


@dataclass(frozen=True, slots=True)
class Cells:
    """The names of the cells by their ids, and the cell's id by compute host."""

    names: Mapping[str, str]
    hosts: Mapping[str, str]


def read(database: Host) -> Cells:
    """Read the mappings on a database host. Raises ReadingFailed."""
    return parse(database.read(READ))


def parse(text: str) -> Cells:
    """Parse the cells from the tab-separated output of the statements. Raises ReadingFailed."""
    found: dict[str, dict[str, str]] = {"cell": {}, "host": {}}
    for line in text.splitlines():
        try:
            kind, key, value = line.split("\t")
            found[kind][key] = value
        except (ValueError, KeyError):
            raise ReadingFailed("the mapping of cells can't be parsed", why=repr(line)) from None
    return Cells(found["cell"], found["host"])


def mapped(cells: Cells, computes: Iterable[str]) -> Observation:
    """Say whether cell0 and another cell exist, and every compute host is mapped to one other than cell0."""
    wrong = [] if CELL0 in cells.names else ["cell0 is not mapped"]
    wrong += [] if set(cells.names) - {CELL0} else ["no cell but cell0 is mapped"]
    told = []
    for host in computes:
        cell = cells.hosts.get(host)
        if cell is None or cell == CELL0:
            wrong.append(f"{host} is mapped to {'no cell' if cell is None else 'cell0'}")
        else:
            told.append(f"{host} in {cells.names.get(cell) or cell}")
    well = [f"{len(cells.names)} cells, one of them cell0", *told]
    return Observation(holds=not wrong, seen=", ".join(wrong or well))
