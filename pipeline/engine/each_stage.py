"""What the code that stands in each stage says of a config."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import ConfigProblem, RunInterrupted, StagegateError
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class ReadElsewhere:
    """What the code of one release says of a config, and in which stages the release stands.

    `release` is its alias. `unread` is why it could not be asked; else empty.
    """

    release: str
    stages: tuple[str, ...]
    problems: tuple[ConfigProblem, ...] = ()
    unread: str = ""


def read_in_each_stage(shop: Workshop, config: str | None) -> tuple[ReadElsewhere, ...]:
    """Have every release that stands in a stage read the config, in the order of the stages.

    Another machine's copies are not here, so a release without one is told and not asked. So is one
    whose code does not answer: older code fails no check of a newer config. Raises RunInterrupted.
    """
    history = shop.history()
    standing: dict[str, tuple[str, ...]] = {}
    for stage in history.stage_names():
        release = history.stage(stage).standing
        if release is not None:
            standing[release] = (*standing.get(release, ()), stage)
    with shop.revisions.loose(config) as directory:
        return tuple(
            _read(shop, directory, release, history.releases[release].alias, stages)
            for release, stages in standing.items()
        )


def _read(
    shop: Workshop, directory: Path, release: str, alias: str, stages: tuple[str, ...]
) -> ReadElsewhere:
    try:
        shop.revisions.require_copy(release)
        return ReadElsewhere(alias, stages, shop.deployer.check(release, directory).problems)
    except RunInterrupted:
        raise
    except StagegateError as problem:
        return ReadElsewhere(alias, stages, unread=problem.what)
