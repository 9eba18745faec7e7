"""The verb `init-inventory`: write the file of a stage on machines that exist, or say why not.

The machines are only asked. The file is written if each can be a host and the config is valid with it.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.config import ConfigProblems
from stages.config.stage_file import listed, stage_text, with_stage
from stages.machine.site import Site, write_once
from stages.planning.fitness import Problem
from stages.planning.machines import mtu_problems, same_keys, vip_problems
from stages.requests.candidates import Asked, Wanted, all_asked
from stages.requests.trial import read_with

NAME = r"[a-z][a-z0-9-]{0,15}"
BALANCER = "loadbalancer"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the stage's file. `listed` is whether stagegate.yaml has the stage in its order.

    `problems` are those that no machine has alone.
    """

    file: str
    written: bool
    listed: bool
    machines: tuple[Asked, ...] = ()
    problems: tuple[Problem, ...] = ()


def init_inventory(directory: Path, site: Site, wanted: Wanted, say: Callable[[str], None]) -> Written:
    """Ask every machine, and write the stage's file if there is no problem at all.

    Raises ConfigProblems if other files of the config have problems.
    """
    file, site_file = directory / "stages" / f"{wanted.stage}.yaml", directory / "stagegate.yaml"
    order = site_file.read_text() if site_file.exists() else ""
    known = wanted.stage in listed(order)
    if in_the_way := tuple(_in_the_way(wanted, file)):
        return Written(str(file), written=False, listed=known, problems=in_the_way)
    say(f"asking {sum(map(len, wanted.addresses.values()))} machines; nothing is changed on them")
    asked = all_asked(site, wanted)
    counts = {role: len(there) for role, there in wanted.addresses.items()}
    inventory = wanted.inventory({one.host: one.machine for one in asked})
    text = stage_text(counts, inventory, {one.host: one.fingerprint for one in asked})
    texts = {file: text, **({site_file: with_stage(order, wanted.stage)} if order else {})}
    problems = (*_refused(directory, file, texts), *_beside(wanted, asked))
    sound = not problems and all(one.fit.fit for one in asked)
    if sound and not write_once(file, text, mode=0o644):
        sound, problems = False, (_there(file),)
    return Written(str(file), sound, known, asked, problems)


def _in_the_way(wanted: Wanted, file: Path) -> Iterator[Problem]:
    """Why no machine needs to be asked."""
    if re.fullmatch(NAME, wanted.stage) is None:
        why = "a name has up to 16 of a-z, 0-9 and -, and begins with a letter"
        yield Problem(f"{wanted.stage!r} is no name of a stage", "--stage", why, "give another name")
    elif file.exists():
        yield _there(file)
    addresses = [address for there in wanted.addresses.values() for address, _ in there]
    for address in dict.fromkeys((wanted.vip, *addresses)):
        if not _is_address(address):
            why = "names are not looked up: what they mean can change"
            yield Problem(f"{address!r} is no IPv4 address", "the command", why, "give IPv4 addresses")
    if not Path(wanted.key).is_file():
        why = "it proves to the machines that this is root"
        following = f"ssh-keygen -t ed25519 -f {wanted.key}, and let root log in with it on every machine"
        yield Problem("there is no such file", f"--key {wanted.key}", why, following)
    if wanted.namespace is not None and not Path(wanted.namespace).exists():
        why = "from this network namespace the machines are reached"
        yield Problem("there is no such file", f"--namespace {wanted.namespace}", why, "ls /run/netns")


def _there(file: Path) -> Problem:
    following = f"give another --stage, or: git rm {file}"
    return Problem("this file exists already", str(file), "no file is overwritten", following)


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _refused(directory: Path, file: Path, texts: Mapping[Path, str]) -> list[Problem]:
    """Why `promote check` would refuse the new file. Raises ConfigProblems for problems of other files."""
    _, found = read_with(directory, texts)
    if others := [problem for problem in found if problem.file != str(file)]:
        raise ConfigProblems(others)
    why, where = "promote check would refuse such a file", f"the new {file.name}"
    said = dict.fromkeys((problem.message, problem.hint) for problem in found)
    return [Problem(message, where, why, hint or "correct it in the command") for message, hint in said]


def _beside(wanted: Wanted, asked: Sequence[Asked]) -> list[Problem]:
    """What only all machines together show."""
    told = {one.host: one.told for one in asked if one.told is not None}
    addresses = {one.host: one.machine.address for one in asked}
    keys = {one.host: one.shown for one in asked if one.shown}
    about_the_vip = vip_problems(wanted.vip, f"{BALANCER}-1", wanted.owner, told, addresses)
    return [*same_keys(keys), *mtu_problems(told, addresses), *about_the_vip]
