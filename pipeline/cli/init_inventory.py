"""`promote init inventory`: asks machines what they are, and writes the file of a stage on them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import counted, table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem
from pipeline.tool_ports import InventoryMade, MachinesAsked

SSH = 22
_HEADER = ("HOST", "ADDRESS", "HOST KEY", "FIT", "SEEN")
_EPILOG = """\b
Examples:
  promote init inventory --stage rack --vip 192.0.2.5 --key /etc/stagegate/root_key \\
      loadbalancer=192.0.2.16,192.0.2.17 database=192.0.2.24,192.0.2.25,192.0.2.26 ...
  promote init inventory --stage rack --vip 192.0.2.5 --key root_key \\
      --namespace /run/netns/rack compute=192.0.2.72:2222 ...

Exit codes: 0 the file is written; 2 it is not, and every problem is named.
"""


@click.command("inventory", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True, help="The new stage.")
@click.option("--vip", metavar="ADDRESS", required=True, help="A free address of the machines' network.")
@click.option(
    "--key",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The private key of the user on all machines, a file on this one.",
)
@click.option(
    "--user",
    metavar="NAME",
    default="root",
    show_default=True,
    help="Who logs in; a user other than root needs sudo without a password.",
)
@click.option(
    "--namespace",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The network namespace from which the machines are reached, if not this machine's own.",
)
@click.argument("machines", nargs=-1, required=True, metavar="ROLE=ADDRESS[:PORT][,ADDRESS...]...")
@with_config
@common
def inventory(  # noqa: PLR0913, PLR0917 - each is an argument or an option
    call: Call,
    stage: str,
    vip: str,
    key: Path,
    user: str,
    namespace: Path | None,
    machines: tuple[str, ...],
) -> int:
    """Ask machines over ssh what they are, and write the file of a new stage on them.

    The addresses of a role are those of its hosts, in order. All machines are asked at once: host key, the
    user's log-in, system, interface, memory, disk, clock, and whether a stage has them already. Nothing is
    changed on them. The file pins the host keys that they showed: compare the fingerprints before you trust
    them.

    It goes into the checkout's config/, or the folder of --config, if every machine is fit and `promote
    check` would accept it. Otherwise all problems are named and nothing is written. No file is overwritten.
    """
    if call.config is not None and not Path(call.config).is_dir():
        raise UsageProblem(
            "the file of a stage is written into a folder, and this is none",
            where=without_credentials(call.config),
            next="git clone it, and name the clone by --config",
        )
    reached_from = None if namespace is None else str(namespace.absolute())
    with call.workshop() as shop:
        made = shop.tools.init_inventory(
            MachinesAsked(stage, vip, str(key.absolute()), reached_from, _parsed(machines), user)
        )
    following = [call.addressed(command) for command in _following(made, stage, call.config)]
    document = {"stage": stage, **plain(made), "next": following}
    print_result(call, document, _lines(made, stage, following))
    return int(ExitCode.DONE if made.written else ExitCode.USAGE)


def _following(made: InventoryMade, stage: str, config: str | None) -> Iterator[str]:
    if not made.written:
        return
    yield (
        "compare the fingerprints, at each machine's console: "
        "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    )
    if not made.listed:
        yield f"add to `stages` in {Path(made.file).parent.parent / 'stagegate.yaml'}, in order: - {stage}"
    yield "promote check"
    own = "" if config is None else f" --config {shlex.quote(config)}"
    yield f"promote doctor --stage {stage}{own}"
    git = ("git",) if config is None else ("git", "-C", config)
    yield shlex.join((*git, "add", str(Path(made.file).parent.parent) if config is None else "--all"))
    yield shlex.join((*git, "commit", "--message", f"The stage {stage} on machines of its own"))
    yield f"promote plan --stage {stage}"


def _lines(made: InventoryMade, stage: str, following: Sequence[str]) -> Iterator[str]:
    if made.machines:
        yield from table(
            _HEADER,
            [
                (
                    one.host,
                    one.address if one.port == SSH else f"{one.address}:{one.port}",
                    one.fingerprint or "none",
                    "ok" if one.fit else "NO",
                    one.seen,
                )
                for one in made.machines
            ],
        )
        yield ""
    for problem in made.all_problems:
        yield f"{problem.where}: {problem.what}"
        yield f"  why: {problem.why}"
        yield f"  next: {problem.next}"
    if made.written:
        yield f"wrote {made.file}: {stage} has {counted(len(made.machines), 'host')}"
    else:
        yield f"{counted(len(made.all_problems), 'problem')}; nothing was written or changed"
    yield from (f"next: {command}" for command in following)


def _parsed(words: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Address and port of each machine, by role. Raises click.BadParameter with every word that is wrong."""
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    bad = []
    for word in words:
        role, _, listed = word.partition("=")
        places = [re.fullmatch(r"([0-9.]+)(?::([0-9]{1,5}))?", place) for place in listed.split(",")]
        if re.fullmatch(r"[a-z][a-z0-9-]*", role) is None or not all(places):
            bad.append(f"{word!r} is not ROLE=ADDRESS,..., such as database=192.0.2.24,192.0.2.25")
        elif role in found:
            bad.append(f"{role} is given twice")
        else:
            found[role] = tuple((place[1], int(place[2] or SSH)) for place in places if place is not None)
    if bad:
        raise click.BadParameter("; ".join(bad))
    return found
