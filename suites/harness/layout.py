"""The layout of suites/, which determines a check's component and gate."""

from dataclasses import dataclass
from pathlib import Path

from suites.errors import SuiteMisplaced

GATES = frozenset({"api", "failover", "final", "load", "matrix", "neighbours", "restart", "smoke"})
# Gates that make faults: those of the matrix are the ones that the failover gate has no time for.
OF_FAULTS = frozenset({"failover", "matrix"})
# Gates of whose checks none is run that was not asked for by name.
DISTURBING = OF_FAULTS | {"restart"}
# Gates whose checks of different components may be run at once, by several processes. The others make faults,
# restart units, or use accounts of fixed names.
DIVISIBLE = frozenset({"smoke"})
ONCE = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test file is: the suites folder, its gate, and its component (None: all components)."""

    root: Path
    gate: str
    component: str | None

    @property
    def components(self) -> tuple[str, ...]:
        """The names of all components that have a folder, sorted."""
        return tuple(
            sorted(component_of(path.parent.name) for path in self.root.glob("components/*/component.py"))
        )


def component_of(folder: str) -> str:
    """Return the component whose checks are in a folder: a package has `_` where the name has `-`."""
    return folder.replace("_", "-")


def folder_of(component: str) -> str:
    """Return the folder of a component's checks."""
    return component.replace("-", "_")


def place_of(path: Path) -> Place:
    """Return the place of a test file.

    `components/NAME/test_GATE.py` is a component's own file, `GATE/test_GATE.py` one for all components.
    Raises SuiteMisplaced for any other path, and for an unknown gate.
    """
    gate = path.stem.removeprefix("test_")
    if gate not in GATES:
        known = ", ".join(f"test_{name}.py" for name in sorted(GATES))
        raise SuiteMisplaced(
            "a test file is named after its gate",
            where=path.name,
            why=f"there is no gate {gate!r}",
            next=f"name it {known}, or add the gate to suites/harness/layout.py",
        )
    folder = path.parent
    if folder.parent.name == "components":
        return Place(folder.parent.parent, gate, component_of(folder.name))
    if folder.name == gate:
        return Place(folder.parent, gate, None)
    raise SuiteMisplaced(
        "a test file stands in a component's folder or in its gate's",
        where=str(path),
        next=f"move it to suites/components/NAME/ or to suites/{gate}/",
    )
