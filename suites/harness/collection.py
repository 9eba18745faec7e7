"""How pytest collects checks: one per host that carries the component, in the gate that names their file.

The `conftest.py` of a suites folder imports these hooks.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from suites.errors import SuiteMisplaced, TargetUnusable
from suites.faults.fault_case import FaultCase
from suites.harness.errands import BEGINS
from suites.harness.gathering import ASKS, ASKS_LAST
from suites.harness.layout import DISTURBING, GATES, ONCE, Place, place_of
from suites.harness.loading import listing_of, loaded, mix_of, tempest_groups
from suites.seam.roster import Entry
from suites.seam.target import Target, read_target

TARGET = pytest.StashKey[Target]()
# Replaces the hosts if there is no target, so that every check is collected and reports what is missing.
NO_TARGET = "no-target"
# The marker of checks that judge the time of all others of their gate, and so come after them.
LOOKS_BACK = "looks_back"
# What a generic check may take of a file beside component.py: it is made for components that have the file.
OF_FILES: Mapping[str, Callable[[str, str], object]] = {"mix": mix_of, "listing": listing_of}


class MisplacedFile(pytest.File):
    """A test file that breaks the layout; collecting it is an error."""

    problem: str = ""

    def collect(self) -> list[pytest.Item]:
        """Raise the error that names the file and says where it belongs."""
        raise self.CollectError(self.problem)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --target, --only and --into."""
    parser.addoption("--target", metavar="FILE", help="target.json of the stage under test", default=None)
    parser.addoption(
        "--only",
        metavar="COMPONENT/CHECK",
        help="run this check alone; may be repeated; faults and restarts are made only if named",
        action="append",
    )
    parser.addoption("--into", metavar="DIR", help="where checks leave files as evidence", default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and read the target."""
    for gate in sorted(GATES):
        config.addinivalue_line("markers", f"{gate}: checks of the {gate} gate (set by the file's name)")
    for name in (ASKS, ASKS_LAST):
        config.addinivalue_line(
            "markers", f"{name}(*what): what a check asks of its hosts first (see gathering)"
        )
    config.addinivalue_line("markers", f"{LOOKS_BACK}: comes after all other checks of its gate")
    config.addinivalue_line("markers", f"{BEGINS}(errand): what begins with the session (see errands)")
    path = config.getoption("--target")
    if path is not None:
        try:
            config.stash[TARGET] = read_target(Path(path))
        except TargetUnusable as error:
            raise pytest.UsageError(str(error)) from None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect a file that breaks the layout as an error instead of a module."""
    try:
        place_of(module_path)
    except SuiteMisplaced as error:
        file: MisplacedFile = MisplacedFile.from_parent(parent, path=module_path)
        file.problem = str(error)
        return file
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a check by components (in a generic file) and by hosts (if it takes `host`)."""
    place = place_of(metafunc.definition.path)
    per_host = "host" in metafunc.fixturenames
    if place.component is None and "component" not in metafunc.fixturenames:
        pytest.fail(
            f"{metafunc.function.__name__}: a generic check takes the fixture `component`", pytrace=False
        )
    target = metafunc.config.stash.get(TARGET, None)
    components = place.components if place.component is None else (place.component,)
    pairs = [(name, host) for name in components for host in _hosts(target, name)]
    if place.component is not None:
        if per_host:
            hosts = [host for _, host in pairs]
            metafunc.parametrize("host", hosts, ids=hosts, indirect=True)
    elif per_host:
        ids = [f"{name}-{host}" for name, host in pairs]
        metafunc.parametrize(("component", "host"), pairs, ids=ids, indirect=True)
    elif "fault_case" in metafunc.fixturenames:
        package = metafunc.module.__name__.split(".")[0]
        cases = [(name, one) for name in components for one in loaded(package, name).faults]
        ids = [f"{name}-{one.name}" for name, one in cases]
        metafunc.parametrize(("component", "fault_case"), cases, ids=ids, indirect=["component"])
    elif "group" in metafunc.fixturenames:
        package = metafunc.module.__name__.split(".")[0]
        groups = [(name, group) for name in components for group in tempest_groups(package, name)]
        ids = ["-".join(pair) for pair in groups]
        metafunc.parametrize(("component", "group"), groups, ids=ids, indirect=["component"])
    elif known := OF_FILES.keys() & set(metafunc.fixturenames):
        (what,) = known
        package = metafunc.module.__name__.split(".")[0]
        found = [(name, one) for name in components if (one := OF_FILES[what](package, name)) is not None]
        names = [name for name, _ in found]
        metafunc.parametrize(("component", what), found, ids=names, indirect=["component"])
    else:
        metafunc.parametrize("component", components, ids=components, indirect=True)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each check with its gate; deselect those that --only omits or whose component no host carries.

    Those that make faults or restart units are omitted if --only does not name them. Checks that look back
    come last.
    """
    target = config.stash.get(TARGET, None)
    only = frozenset(config.getoption("--only") or ())
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        gate = place_of(item.path).gate
        item.add_marker(gate)
        entry = entry_of(item)
        carried = target is None or target.carrying(entry.component)
        named = f"{entry.component}/{entry.check}" in only
        chosen = named or (not only and gate not in DISTURBING)
        (kept if carried and chosen else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker(LOOKS_BACK) is not None)


def entry_of(item: pytest.Item) -> Entry:
    """Return the roster entry of a collected check."""
    place: Place = place_of(item.path)
    callspec = getattr(item, "callspec", None)
    parameters = callspec.params if callspec is not None else {}
    name: str = parameters.get("group") or getattr(item, "originalname", None) or item.name
    fault_case = parameters.get("fault_case")
    if isinstance(fault_case, FaultCase):
        name = fault_case.name
    return Entry(
        component=str(parameters.get("component", place.component)),
        host=str(parameters.get("host", ONCE)),
        check=name.removeprefix("test_"),
    )


def _hosts(target: Target | None, component: str) -> tuple[str, ...]:
    if target is None:
        return (NO_TARGET,)
    return target.names(component)
