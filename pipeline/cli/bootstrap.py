"""`promote bootstrap`: starts clusters again that have lost all their members; looks first, and asks."""

import shlex
from collections.abc import Iterator

import click

from pipeline.cli.call import Call, ask, common, with_lock_timeout
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import print_lines, table
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.core.codec import plain
from pipeline.core.plan import Bootstrap
from pipeline.engine.bootstrap import bootstrap, look
from pipeline.engine.preview import Preview

_EPILOG = """\b
Examples:
  promote bootstrap --stage prod                            what each host has, and what would be done
  promote bootstrap --stage prod --yes                      do it
  promote bootstrap --stage prod --from database-2 --yes    from these data; those of other databases are lost
"""


@click.command("bootstrap", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True, help="The stage whose clusters were lost.")
@click.option(
    "--from",
    "sources",
    metavar="HOST",
    multiple=True,
    help="Start its cluster from what this host has, whatever the others have; once per cluster.",
)
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@with_lock_timeout
@common
def verb(call: Call, stage: str, sources: tuple[str, ...], yes: bool) -> int:  # noqa: FBT001 - click's flag
    """Start databases, brokers, Redis or OVN's databases again after all their members were lost.

    Looks at what each host has, says what would happen, and asks. Without a terminal, and with -o json, it
    only looks; --yes does it. What was chosen with --from, and by whom, is in the ledger. The bootstrap is a
    promotion of what stands in the stage, gates included.
    """
    asked = Bootstrap(sources)
    with call.workshop() as shop:
        found = look(shop, stage, asked)
        needed = any(step.kind == "cluster" for step in found.plan.steps)
        idle = not needed and not found.plan.refusals
        if idle or not (yes or call.can_ask):
            return _shown(call, found, asked, needed=needed)
        print_lines(_lines(found), err=True)
        if not yes and not found.plan.refusals:
            ask(f"{asked} in {stage}?", _again(stage, asked))
        return show_run(call, bootstrap(shop, found, asked, wait_s=call.wait_s or 0.0), shop)


def _shown(call: Call, found: Preview, asked: Bootstrap, *, needed: bool) -> int:
    code = ExitCode.DONE if found.would_go else ExitCode.NOT_ELIGIBLE
    document = {
        "stage": found.stage,
        "release": found.release.id,
        "alias": found.release.alias,
        "sources": list(asked.sources),
        "found": plain(found.plan.found or ()),
        "refusals": list(found.plan.refusals),
        "allowed": found.would_go,
        "reasons": list(found.decision.reasons),
        "needed": needed,
        "digest": found.digest,
        "exit_code": int(code),
    }
    last: list[str] = []
    if found.would_go:
        last = [f"to do it: {_again(found.stage, asked)} --yes" if needed else "no cluster needs a bootstrap"]
    print_result(call, document, [*_lines(found), *last])
    return int(code)


def _lines(found: Preview) -> Iterator[str]:
    rows = [(one.role, one.host, one.found, one.does) for one in found.plan.found or ()]
    if rows:
        yield from table(("ROLE", "HOST", "WHAT IT HAS", "WHAT WOULD BE DONE"), rows)
    yield from (f"not decided: {refusal}" for refusal in found.plan.refusals)
    if not found.would_go and not found.plan.refusals:
        yield f"may NOT go: {'; '.join(found.decision.reasons)}"


def _again(stage: str, asked: Bootstrap) -> str:
    sources = [word for source in asked.sources for word in ("--from", source)]
    return shlex.join(["promote", "bootstrap", "--stage", stage, *sources])
