"""Fixtures for the checks of the load gate. The `conftest.py` of a suites folder imports them."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import pytest

from suites.clients.runner import Clients
from suites.harness.collection import entry_of
from suites.harness.component import Component
from suites.harness.fixtures import MustHold, Progress, Retaking, inconclusive
from suites.load.arrivals import arrivals
from suites.load.loads import Judge, Loads, Taken
from suites.load.mix import Mix, Subject, subject
from suites.load.run import under_load, write
from suites.seam.target import Load, Target

# What everything that the gate makes is named after.
PREFIX = "stagegate-load"
UnderLoad = Callable[[Judge], None]


@pytest.fixture(scope="session")
def load(target: Target) -> Load:
    """How much is asked for; inconclusive if the config does not say."""
    if target.load is None:
        inconclusive("target.json has no load: no gate of config/gates.yaml says how much to ask for")
    return target.load


@pytest.fixture(scope="session")
def loads(
    request: pytest.FixtureRequest, clients: Clients, load: Load, into: Path, progress: Progress
) -> Loads:
    """The loads on the components of the selected checks."""
    subjects = {name: subject(name, mix, clients.target) for name, mix in _mixes(request.session.items)}
    return Loads(partial(_put, clients, load, into, progress), subjects)


def _mixes(items: Iterable[pytest.Item]) -> Iterator[tuple[str, Mix]]:
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if "mix" in parameters:
            yield entry_of(item).component, parameters["mix"]


def _put(clients: Clients, load: Load, into: Path, progress: Progress, subjects: Sequence[Subject]) -> Taken:
    run = uuid.uuid4().hex[:8]
    due = arrivals(subjects, load, Random(run))  # noqa: S311 - it chooses requests, and keeps no secret
    names = ", ".join(one.component for one in subjects)
    progress(f"{len(due)} requests to {names}, in {load.lasts:g} s", None)
    samples = under_load(clients, subjects, due, f"{PREFIX}-{run}")
    evidence = f"load-{run}.jsonl"
    write(samples, into / evidence)
    return Taken(samples, evidence)


@pytest.fixture
def under_load_holds(loads: Loads, component: Component, retaken: Retaking, must_hold: MustHold) -> UnderLoad:
    """Judge the check's component by what became of the requests to it."""
    return lambda judge: must_hold(loads.judged(component.name, judge, retaken))
