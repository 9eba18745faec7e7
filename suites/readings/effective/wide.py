"""What a host has as a whole: its files, accounts, names and kernel settings."""

from collections.abc import Iterator

from suites.readings.effective.asking import Effective
from suites.readings.effective.finding import Finding, on
from suites.seam.target import TargetHost

LOOPBACK = "127."


def judge(host: TargetHost, effective: Effective, stage: str) -> Iterator[Finding]:
    """Yield what of a host is not as its manifest declares it."""
    declared = host.declared
    if declared is None:
        return
    plan = f"promote plan --stage {stage}"
    for path, file in declared.files.items():
        seen = effective.files.get(path)
        if seen is None:
            yield Finding(f"{path} is missing", plan)
        elif seen.sha256 != file.sha256:
            yield Finding(f"{path} is not as declared", plan)
    for name, wanted in declared.users.items():
        has = effective.users.get(name)
        look = on(host.name, f"id {name}")
        if has is None:
            yield Finding(f"there is no account {name}", look)
        elif any(there != must for there, must in zip(has, wanted, strict=True) if must is not None):
            yield Finding(f"{name} has the numbers {_numbers(has)}, declared are {_numbers(wanted)}", look)
    for name, must in declared.kernel.items():
        value = effective.kernel.get(name)
        if value != must:
            look = on(host.name, f"sysctl {name}")
            yield Finding(f"{name} is {'not there' if value is None else value}, declared {must}", look)
    yield from _names(host, effective)


def _names(host: TargetHost, effective: Effective) -> Iterator[Finding]:
    """Yield names of the stage that resolve to something else; one that a host never asks may be unknown."""
    for name, address in host.declared.names.items() if host.declared else ():
        told = effective.names.get(name, ())
        others = {one for one in told if one != address and not one.startswith(LOOPBACK)}
        look = on(host.name, f"getent ahostsv4 {name}")
        if (told and address not in told) or others:
            yield Finding(f"{name} resolves to {', '.join(told)}, declared {address}", look)
        elif not told and name == host.name:
            yield Finding(f"its own name does not resolve, declared {address}", look)


def _numbers(pair: tuple[int, int | None]) -> str:
    return f"{pair[0]} and {'any' if pair[1] is None else pair[1]}"


def compared(host: TargetHost) -> str:
    """Return what was compared, for people."""
    declared = host.declared
    if declared is None:
        return ""
    counted = {"files": declared.files, "accounts": declared.users, "names": declared.names}
    return ", ".join(f"{what} as declared: {len(each)}" for what, each in counted.items())
