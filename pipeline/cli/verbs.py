"""The verbs and their modules, each imported only when it is called."""

import importlib
from collections.abc import Mapping

import click

VERBS: Mapping[str, tuple[str, str]] = {
    "to": ("pipeline.cli.to", "Bring a release into a stage; asks before a protected one"),
    "plan": ("pipeline.cli.plan", "What a promotion would do, host by host, and why or why not"),
    "scale": ("pipeline.cli.scale", "Write how many hosts of a role a stage has into the config"),
    "init": (
        "pipeline.cli.init",
        "Begin a config repository, or a stage on machines that exist: config, inventory",
    ),
    "status": ("pipeline.cli.status", "What is deployed where"),
    "watch": ("pipeline.cli.watch_traffic", "A stage live: what goes on, and what each plane answers"),
    "serve": ("pipeline.board.serve", "The site in a browser, live; figures; webhooks"),
    "history": ("pipeline.cli.history", "What happened"),
    "releases": ("pipeline.cli.releases", "Which releases are pinned, and where each is verified"),
    "show": ("pipeline.cli.show", "One attempt: steps, critical path, gates, findings, evidence"),
    "diff": ("pipeline.cli.diff", "What is in a release against another"),
    "pin": ("pipeline.cli.pin", "Make the checkout a release, without deploying it"),
    "gate": ("pipeline.cli.gate", "Run one gate against the live stage; never verifies"),
    "sweep": ("pipeline.cli.sweep", "Find what gates have left in a stage; shows it, and asks"),
    "flaky": ("pipeline.cli.flaky", "How often each check is not green without a defect"),
    "resume": ("pipeline.cli.resume", "Continue an interrupted run"),
    "abort": ("pipeline.cli.abort", "Abandon an interrupted run"),
    "rollback": ("pipeline.cli.rollback", "Bring back a release that was verified in the stage"),
    "bootstrap": (
        "pipeline.cli.bootstrap",
        "Start clusters that lost all their members; looks and asks first",
    ),
    "redeploy": (
        "pipeline.cli.redeploy",
        "Replace one host of a stage by a new one; shows the plan, and asks",
    ),
    "retire": (
        "pipeline.cli.retire",
        "Remove what the standing release needs no more; shows the plan, and asks",
    ),
    "why": ("pipeline.cli.why", "What holds each release back from a stage, and what would free it"),
    "audit": ("pipeline.cli.audit", "Who brought what into a stage, on which evidence"),
    "approve": ("pipeline.cli.approve", "Approve a promotion by its plan, or take one's approval back"),
    "reject": ("pipeline.cli.reject", "A release enters no stage any more, with a reason"),
    "override": ("pipeline.cli.override", "A release goes on although one gate does not pass"),
    "hold": ("pipeline.cli.hold", "Stop the line, with a reason"),
    "unhold": ("pipeline.cli.unhold", "Let the line move again"),
    "line": ("pipeline.cli.line", "The rules of this site: show, set"),
    "prune": ("pipeline.cli.prune", "Remove copies, environments and evidence that nothing refers to"),
    "store": ("pipeline.cli.store", "What machines share of releases and evidence: push, fetch"),
    "deliver": ("pipeline.cli.deliver", "Tell GitLab what it has not heard yet"),
    "ci": ("pipeline.cli.ci", "For jobs of a CI server: a pipeline for a stage, and its jobs"),
    "check": ("pipeline.cli.check", "Check the config alone, all problems at once"),
    "doctor": ("pipeline.cli.doctor", "Is this machine fit?"),
    "ledger": ("pipeline.cli.ledger", "The record of this site: verify, export, import, migrate"),
    "completion": ("pipeline.cli.completion", "Completion for bash, zsh or fish"),
    "man": ("pipeline.cli.man", "The manual page"),
    "lab": ("pipeline.cli.lab", "The lab of this site: status, down, exec; of all sites: list, clean"),
}


class LazyVerbs(click.Group):
    """A group that imports a verb when it is called, and lists them from the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of the verbs, in the table's order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The verb, imported now."""
        if cmd_name not in VERBS:
            return None
        verb: click.Command = importlib.import_module(VERBS[cmd_name][0]).verb
        return verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the table, without importing any verb."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in VERBS.items()])
