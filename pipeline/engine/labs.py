"""Which labs of this machine are removed: of sites whose folder is gone, or that a person named. Pure."""

from collections.abc import Sequence

from pipeline.core.errors import StageLocked, UsageProblem
from pipeline.tool_ports import Lab

LOOK = "promote lab list"
THERE, GONE = "there", "gone"


def chosen(labs: Sequence[Lab], sites: Sequence[str], *, every: bool) -> tuple[Lab, ...]:
    """The labs of these sites, by id; with `every` those whose folder is gone.

    Raises UsageProblem if it is not clear which, if this machine has none of a named site, or if a site has
    stages on machines of their own, and StageLocked if a process is at work in one without its folder.
    Nothing is removed then.
    """
    if bool(sites) == every:
        raise UsageProblem(
            "it is not clear which labs to remove",
            why="--all takes those whose folder is gone, and the ids of sites take those alone",
            next=LOOK,
        )
    known = {lab.site for lab in labs}
    if unknown := [site for site in sites if site not in known]:
        raise UsageProblem(f"this machine has no lab of a site {', '.join(unknown)}", next=LOOK)
    found = tuple(lab for lab in labs if (lab.folder == GONE if every else lab.site in sites))
    if beyond := [lab for lab in found if lab.on_machines]:
        raise UsageProblem(
            f"the site {' and '.join(lab.site for lab in beyond)} has more than a lab",
            where=", ".join(lab.path for lab in beyond),
            why="machines that this list does not show would lose their software and data, those of "
            + ", ".join(name for lab in beyond for name in lab.on_machines),
            next=f"promote lab down --site {beyond[0].path}",
        )
    if used := [lab for lab in found if lab.occupants]:
        free = [lab.site for lab in found if not lab.occupants]
        raise StageLocked(
            f"a run still uses the lab of site {' and of '.join(lab.site for lab in used)}",
            where=", ".join(lab.path for lab in used if lab.path),
            why="; ".join(occupant for lab in used for occupant in lab.occupants),
            next=f"promote lab clean {' '.join(free)}"
            if free
            else "end these processes, and repeat the command",
        )
    return found
