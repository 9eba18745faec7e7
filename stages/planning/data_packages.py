"""Whether hosts with data may get an image: data are for one version series of their package. Pure.

Upstreams support a few ways from one series to the next, each with steps before and after that no plan has,
and none back. But a promotion must have a way back: a failed gate rolls the stage back, with what the newer
program has written by then. So both directions are refused.
"""

from collections.abc import Iterable, Mapping

from stages.design.blueprint import Blueprint
from stages.planning.actions import CreateHost
from stages.planning.observed import Observed
from stages.planning.steps import Desired, Step

ADVICE = "docs/operate.md, 'Another version series of a database or broker'"

Packages = Mapping[str, str]  # versions by package


def against(
    blueprint: Blueprint, observed: Observed, wanted: Desired, steps: Iterable[Step]
) -> tuple[str, ...]:
    """Why these steps may not make hosts from the image: a refusal for each role concerned.

    Empty if nothing is known against it, as of images that don't tell what they have.
    """
    made = {step.host for step in steps if isinstance(step.action, CreateHost)}
    roles = [role for role in blueprint.roles if made & {host.name for host in blueprint.everywhere(role)}]
    has = {name: seen.packages for name, seen in observed.hosts.items()}
    found = unreadable(blueprint, roles, has, wanted.packages)
    return tuple(f"{reason} (next: {ADVICE})" for reason in found)


def unreadable(
    blueprint: Blueprint, roles: Iterable[str], has: Mapping[str, Packages], image: Packages
) -> tuple[str, ...]:
    """Why an image with these packages is not for hosts of these roles, given what each host has.

    It counts what any host of the role has: a new one shares its data with the others, or takes their place.
    """
    found = []
    for role in roles:
        package = blueprint.roles[role].data_package
        if package is None or package.name not in image:
            continue
        new = image[package.name]
        other: dict[str, list[str]] = {}
        for host in blueprint.everywhere(role):
            old = has.get(host.name, {}).get(package.name)
            if old is not None and package.series(old) != package.series(new):
                other.setdefault(old, []).append(host.name)
        if other:
            had = " and ".join(f"{', '.join(names)} data of {old}" for old, names in other.items())
            found.append(
                f"{role}: the image has {package.name} {new}, and {had}: another version series may not read "
                "them, or not give them back to the old one"
            )
    return tuple(found)
