"""Read a config directory: all files, and all their problems together."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from stages.config import roles, secrets
from stages.config.budgets import judge_budgets
from stages.config.connections import judge_connections
from stages.config.deadlines import judge_deadlines
from stages.config.document import Document, load
from stages.config.gates import judge_gates
from stages.config.judging import at, judge
from stages.config.models import Config, SiteShape, StageConfig
from stages.config.problems import ConfigProblems, Place, Problem, closest
from stages.config.stage import judge_stage

LOCKS = Path(__file__).parents[1] / "machine/images/locks"


def read(directory: Path) -> Config:
    """Read the config in a directory.

    Raises ConfigProblems with all problems of all files, sorted by place. Their file names begin with
    `directory` as given.
    """
    site_file = load(directory / "stagegate.yaml")
    roles_file = load(directory / "roles.yaml")
    gates_file = load(directory / "gates.yaml")
    paths = sorted((directory / "stages").glob("*.yaml"))  # of all stages, whether listed or not
    stage_files = {path.stem: load(path, private=secrets.KEY) for path in paths}
    documents = [site_file, roles_file, gates_file, *stage_files.values()]
    problems = [problem for document in documents for problem in document.problems]
    site, found = judge(SiteShape, site_file)
    problems += found + _judge_openstack(site_file) + _judge_listing(site_file, stage_files, directory)
    problems += roles.judge_defaults(roles_file)
    gates, found = judge_gates(gates_file)
    problems += found
    stages: dict[str, StageConfig] = {}
    for name, document in stage_files.items():
        stage, found = judge_stage(name, document, roles_file, gates_file)
        problems += found
        if stage is not None:
            stages[name] = stage
    problems += judge_budgets(gates_file, gates, stages.values())
    for name, stage in stages.items():
        problems += judge_deadlines(stage, roles_file, stage_files[name])
        problems += judge_connections(stage, roles_file, stage_files[name])
    if problems or site is None:
        raise ConfigProblems(problems)
    before = [None, *site.stages[:-1]]
    ordered = tuple(
        replace(stages[name], after=after) for after, name in zip(before, site.stages, strict=True)
    )
    return Config(site.schema_number, site.openstack, ordered, MappingProxyType(gates))


def _judge_openstack(document: Document) -> list[Problem]:
    release = at(document.data, ("openstack",))
    locked = [path.stem for path in LOCKS.glob("*.txt")]
    if not isinstance(release, str) or release in locked:
        return []
    message = f"there is no lock for OpenStack {release!r}"
    return [Problem.at(document.place(("openstack",)), message, closest(release, locked))]


def _judge_listing(site: Document, stages: Mapping[str, Document], directory: Path) -> list[Problem]:
    """Report stages that are listed without a file, and files that are not listed."""
    listed = at(site.data, ("stages",))
    if not isinstance(listed, list) or site.is_flawed(("stages",)):
        return []
    problems = []
    for index, name in enumerate(listed):
        if isinstance(name, str) and name not in stages:
            path = directory / "stages" / f"{name}.yaml"
            hint = closest(name, set(stages) - set(map(str, listed)))
            message = f"the stage {name!r} has no file {path}"
            problems.append(Problem.at(site.place(("stages", index)), message, hint))
    for name, document in stages.items():
        if name not in listed:
            message = f"the stage {name!r} is not listed in {site.file}"
            problems.append(Problem.at(Place(document.file), message, "list it there, or delete the file"))
    return problems
