"""`promote lab`: the lab of this site."""

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.labs import clean, list_
from pipeline.cli.render import table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.teardown import take_down


@click.group("lab")
def verb() -> None:
    """The lab of this site: list its hosts, take it down, run a client in it. And the labs of all sites."""


verb.add_command(list_)
verb.add_command(clean)


@verb.command("status")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@common
def status(call: Call, stage: str | None) -> int:
    """List the hosts of the lab with their current state."""
    with call.workshop() as shop:
        hosts = shop.tools.lab_status(stage)
    rows = [(h.stage, h.host, h.role, h.state, h.address, h.image[:19]) for h in hosts]
    lines = table(("STAGE", "HOST", "ROLE", "STATE", "ADDRESS", "IMAGE"), rows)
    return print_result(call, {"hosts": plain(hosts)}, lines)


@verb.command("down")
@click.option("--stage", metavar="NAME", help="Only this stage; without it, the whole site with its images.")
@with_lock_timeout
@common
def down(call: Call, stage: str | None) -> int:
    """Remove containers, networks and files of the lab. Refused while a run holds one of its stages."""
    with call.workshop() as shop:
        removed = take_down(shop, stage, wait_s=call.wait_s)
    lines = [f"removed {name}" for name in removed] or ["there was nothing to remove"]
    return print_result(call, {"removed": list(removed)}, lines)


@verb.command("exec", context_settings={"ignore_unknown_options": True})
@click.option("--stage", metavar="NAME", required=True)
@click.option("--preview", metavar="NAME", help="By this preview of the stage; target.json lists them.")
@click.argument("argv", nargs=-1, required=True)
@common
def exec_(call: Call, stage: str, preview: str | None, argv: tuple[str, ...]) -> int:
    """Run a command inside the stage: promote lab exec --stage dev -- openstack token issue."""
    with call.workshop() as shop:
        return shop.tools.lab_exec(stage, argv, preview)
