"""`promote ci child`: prints the pipeline of one stage, for GitLab to run as a child pipeline."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import yaml

from pipeline.cli.call import Call, common
from pipeline.cli.child_pipeline import Child, child_pipeline, nothing_yet
from pipeline.cli.result import print_result
from pipeline.core.errors import UsageProblem
from pipeline.core.forge_rule import DeploymentOwner
from pipeline.core.release import Release, find_release
from pipeline.ports import Context
from pipeline.workshop import Workshop


class _CountType(click.ParamType[tuple[str, int]]):
    """In how many parts a gate is judged: `smoke=3`."""

    name = "count"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Convert to the gate and its count, or fail with a usage error."""
        gate, _, count = str(value).partition("=")
        if not gate or not count.isdecimal():
            self.fail(f"{value!r} is not a gate and a count, such as smoke=3", param, ctx)
        return gate, int(count)


@click.command("child")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--release", metavar="R", required=True, help="The pinned release to bring there.")
@click.option("--if-pinned", is_flag=True, help="If --release is empty, print a pipeline that says so.")
@click.option(
    "--shards", type=_CountType(), multiple=True, metavar="GATE=N", help="Judge a gate in N parts at once."
)
@click.option("--before", multiple=True, metavar="COMMAND", help="What each job runs first.")
@click.option("--tag", default="", metavar="TAG", help="The tag of the runners.")
@click.option("--program", default="promote", metavar="PATH", help="How jobs call promote. [promote]")
@click.option("--audience", default="", metavar="AUD", help="Ask for tokens that prove who started a job.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Into this file."
)
@common
def child(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    stage: str,
    release: str,
    if_pinned: bool,  # noqa: FBT001 - click's flag
    shards: Sequence[tuple[str, int]],
    before: tuple[str, ...],
    tag: str,
    program: str,
    audience: str,
    out: Path | None,
) -> int:
    """Print the child pipeline that brings a release into a stage: jobs that deploy, judge shards, conclude.

    Only gates whose checks may be run in several places at once can be divided, and only the first ones of
    the stage. All others are run by the last job. With --if-pinned, an empty release is no mistake: the job
    that was to pin it could not yet, and the pipeline has one job, which says that. Changes nothing.
    """
    if if_pinned and not release:
        return _printed(call, stage, None, nothing_yet(tag), out)
    counts = dict(shards)
    with call.workshop() as shop:
        found = find_release(shop.history().releases.values(), release)
        if stage not in found.stages.names():
            raise UsageProblem(f"{found.alias} has no stage {stage!r}", next="promote releases")
        gates = found.stages.stage(stage).gates
        site = call.site or os.environ.get("STAGEGATE_SITE", "")
        rules = shop.history().line_for(found).stage(stage)
        deploys = rules is not None and rules.forge.deployments is DeploymentOwner.JOB
        made = Child(stage, found.id, gates, counts, before, tag, program, audience, site, deploys)
        _require_possible(made, found)
        _require_divisible(shop, found, stage, counts)
    return _printed(call, stage, found.id, child_pipeline(made), out)


def _printed(
    call: Call, stage: str, release: str | None, pipeline: Mapping[str, object], out: Path | None
) -> int:
    """Print the pipeline, or write it into the file."""
    text = yaml.safe_dump(dict(pipeline), sort_keys=False, width=1000)
    if out is not None:
        _write(out, text)
    document = {"stage": stage, "release": release, "pipeline": text, "file": str(out) if out else None}
    return print_result(call, document, [str(out)] if out else [text.rstrip("\n")])


def _require_possible(made: Child, release: Release) -> None:
    if problems := made.problems():
        raise UsageProblem(
            f"there can be no such pipeline of {release.alias}",
            why="; ".join(problems),
            next=f"name the first gates of {made.stage}, in --shards: {', '.join(made.gates)}",
        )


def _require_divisible(shop: Workshop, release: Release, stage: str, counts: Mapping[str, int]) -> None:
    """Raise UsageProblem unless the release's suites say that each of these gates may be divided."""
    if not counts:
        return
    shop.revisions.require_copy(release.id)
    whole = [gate for gate in counts if not shop.gates.divisible(Context(stage, release.id), gate)]
    if whole:
        raise UsageProblem(
            f"gate {whole[0]} can't be divided into shards",
            why="the release's suites do not say that its checks may be run in several places at once",
            next=f"leave out --shards {whole[0]}={counts[whole[0]]}: the last job runs it",
        )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageProblem("the pipeline can't be written", where=str(path), why=str(problem)) from problem
