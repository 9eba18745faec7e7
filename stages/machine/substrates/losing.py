"""How suites make a machine seem lost, where nobody can cut its power: by ssh, with programs/cut-host. Pure.

The program comes with each command, so it is always that of the release whose suites use it.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from stages.machine.substrates.as_root import CAME_BY
from stages.machine.substrates.substrate import Levers

PROGRAM = Path(__file__).parent / "programs/cut-host"
# After this long a machine ends by itself what was done to it. The longest fault of any component is shorter.
ENDS_AFTER_S = 600
# Either end of the connection, as only the machine knows them.
OWN_SSH = f'"${{{CAME_BY}:-$SSH_CONNECTION}}"'
# Words for the machine's shell: each in quotes, with those that it has itself.
QUOTED = r"""for word do set -- "$@" "'$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; shift; done"""


def levers(ssh_config: Path, name: str, vip: str, units: Sequence[str]) -> Levers:
    """The argv lists for the machine of this host, which runs these units for the stage."""
    ssh = ("ssh", "-F", str(ssh_config), name)
    limit = str(ENDS_AFTER_S)
    watched = f'{QUOTED}; exec {shlex.join(ssh)} {shlex.quote(_told("watch", limit))}" $*"'
    end = (*ssh, _told("end"))
    return Levers(
        exec=ssh,
        network=("sh", "-c", watched, name),
        power_off=((*ssh, f"{_told('kill', limit, vip)} {OWN_SSH} {shlex.join(units)}"),),
        power_on=(end,),
        link_down=((*ssh, f"{_told('cut', limit, vip)} {OWN_SSH}"),),
        link_up=(end,),
        reached=(*ssh, _told("reached")),
    )


def _told(*words: str) -> str:
    """A command for the machine's shell that runs the program."""
    return shlex.join(("sh", "-c", PROGRAM.read_text(), PROGRAM.name, *words))
