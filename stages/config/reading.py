"""Read a config directory: every file, every problem at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from stages import roles as known_roles
from stages.config import roles
from stages.config.document import Document, load
from stages.config.judging import judge
from stages.config.models import SUBSTRATES, Config, Gate, GateShape, SiteShape, StageConfig, StageShape
from stages.config.problems import ConfigProblems, Place, Problem, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCKS = Path(__file__).parent.parent / "images" / "locks"


@dataclass(frozen=True, slots=True)
class _Files:
    site: Document
    roles: Document
    gates: Document
    stages: Mapping[str, Document]  # by name, whether listed or not


def read(directory: Path) -> Config:
    """The config in a directory.

    Raises ConfigProblems with all problems of all files, sorted by place. The files' names in them
    begin with `directory` as it was given.
    """
    files = _load(directory)
    documents = [files.site, files.roles, files.gates, *files.stages.values()]
    problems = [problem for document in documents for problem in document.problems]
    site, found = judge(SiteShape, files.site)
    problems += found
    if site is not None:
        problems += _judge_openstack(site.openstack, files.site)
    problems += _judge_listing(files, directory)
    problems += roles.judge_defaults(files.roles)
    gates, found = _gates(files.gates)
    problems += found
    stages: dict[str, StageConfig] = {}
    for name, document in files.stages.items():
        stage, found = _stage(name, document, files)
        problems += found
        if stage is not None:
            stages[name] = stage
    if problems or site is None:
        raise ConfigProblems(problems)
    ordered = tuple(_placed(stages[name], before) for before, name in _pairs(site.stages))
    return Config(site.schema_number, site.openstack, ordered, MappingProxyType(gates))


def _load(directory: Path) -> _Files:
    stages = sorted((directory / "stages").glob("*.yaml"))
    return _Files(
        site=load(directory / "stagegate.yaml"),
        roles=load(directory / "roles.yaml"),
        gates=load(directory / "gates.yaml"),
        stages={path.stem: load(path) for path in stages},
    )


def _pairs(names: list[str]) -> list[tuple[str | None, str]]:
    return list(zip([None, *names[:-1]], names, strict=True))


def _placed(stage: StageConfig, after: str | None) -> StageConfig:
    return StageConfig(stage.name, after, stage.substrate, stage.roles, stage.gates, stage.settings)


def _judge_openstack(release: str, document: Document) -> list[Problem]:
    locked = [path.stem for path in LOCKS.glob("*.txt")]
    if release in locked:
        return []
    message = f"there is no lock for OpenStack {release!r}"
    return [Problem.at(document.place(("openstack",)), message, closest(release, locked))]


def _judge_listing(files: _Files, directory: Path) -> list[Problem]:
    """The stages listed and the files that stand must be the same."""
    listed = files.site.data.get("stages") if isinstance(files.site.data, dict) else None
    if not isinstance(listed, list) or files.site.is_flawed(("stages",)):
        return []
    problems = []
    for index, name in enumerate(listed):
        if isinstance(name, str) and name not in files.stages:
            path = directory / "stages" / f"{name}.yaml"
            hint = closest(name, set(files.stages) - set(map(str, listed)))
            message = f"the stage {name!r} has no file {path}"
            problems.append(Problem.at(files.site.place(("stages", index)), message, hint))
    for name, document in files.stages.items():
        if name not in listed:
            message = f"the stage {name!r} is not listed in {files.site.file}"
            problems.append(Problem.at(Place(document.file), message, "list it there, or take the file away"))
    return problems


def _gates(document: Document) -> tuple[dict[str, Gate], list[Problem]]:
    if not isinstance(document.data, dict) or not document.data:
        flawed = document.is_flawed(())
        message = "the file must be a mapping of gates"
        return {}, [] if flawed else [Problem.at(document.place(()), message)]
    gates, problems = {}, []
    for name in document.data:
        shape, found = judge(GateShape, document, (name,))
        problems += found
        if shape is not None:
            problems += _judge_gate(name, shape, document)
            gates[name] = Gate.of(name, shape)
    return gates, problems


def _judge_gate(name: str, shape: GateShape, document: Document) -> list[Problem]:
    known = {component for role in known_roles.ROLES for component in known_roles.load(role).components}
    problems = []
    for part, components in (("each_host", shape.each_host), ("once", shape.once)):
        for component, checks in components.items():
            path = (name, part, component)
            if component not in known:
                message = f"unknown component {component!r}"
                problems.append(Problem.at(document.key(path), message, closest(component, known)))
            twice = sorted({check for check in checks if checks.count(check) > 1})
            if twice:
                problems.append(Problem.at(document.place(path), f"a check stands twice: {', '.join(twice)}"))
    if not any(checks for part in (shape.each_host, shape.once) for checks in part.values()):
        message = f"the gate {name!r} demands nothing, so it would prove nothing"
        problems.append(Problem.at(document.key((name,)), message, "name its checks under each_host or once"))
    return problems


def _stage(name: str, document: Document, files: _Files) -> tuple[StageConfig | None, list[Problem]]:
    shape, problems = judge(StageShape, document)
    if shape is None:
        return None, problems + _judge_overrides(document)
    if shape.substrate not in SUBSTRATES:
        message = f"unknown substrate {shape.substrate!r}"
        problems.append(
            Problem.at(document.place(("substrate",)), message, closest(shape.substrate, SUBSTRATES))
        )
    problems += _judge_counts(shape, document)
    problems += _judge_named_gates(shape, document, files.gates)
    problems += _judge_overrides(document)
    settings = {}
    for role in roles.NAMES:
        value, found = roles.effective(role, files.roles, document)
        problems += found
        if value is not None:
            settings[role] = value
    counts, own = MappingProxyType(shape.roles), MappingProxyType(settings)
    return StageConfig(name, None, shape.substrate, counts, tuple(shape.gates), own), problems


def _judge_counts(shape: StageShape, document: Document) -> list[Problem]:
    problems = []
    for role, count in shape.roles.items():
        path = ("roles", role)
        if role not in roles.NAMES:
            message = f"unknown role {role!r}"
            problems.append(Problem.at(document.key(path), message, closest(role, roles.NAMES)))
            continue
        why = roles.count_problem(role, count)
        if why is not None:
            problems.append(Problem.at(document.place(path), f"{role}: {why}"))
        for needed in known_roles.load(role).needs:
            if needed not in shape.roles:
                message = f"{role} needs {needed}, and the stage has none"
                problems.append(Problem.at(document.key(path), message, f"add {needed}: 1"))
    return problems


def _judge_named_gates(shape: StageShape, document: Document, gates: Document) -> list[Problem]:
    known = gates.data if isinstance(gates.data, dict) else None
    problems = []
    for index, gate in enumerate(shape.gates):
        place = document.place(("gates", index))
        if known is not None and gate not in known:
            problems.append(Problem.at(place, f"unknown gate {gate!r}", closest(gate, map(str, known))))
        if gate in shape.gates[:index]:
            problems.append(Problem.at(place, f"the gate {gate!r} stands twice"))
    return problems


def _judge_overrides(document: Document) -> list[Problem]:
    own = document.data.get("settings") if isinstance(document.data, dict) else None
    unknown = [name for name in own if name not in roles.NAMES] if isinstance(own, dict) else []
    return [
        Problem.at(document.key(("settings", name)), f"unknown role {name!r}", closest(name, roles.NAMES))
        for name in unknown
    ]
