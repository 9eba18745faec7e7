"""What is under test: the values of target.json."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from suites.errors import TargetUnusable
from suites.seam.declared import Declared
from suites.seam.printing import printed


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that holds a value."""

    file: Path

    def read(self) -> str:
        """Return the value without its trailing newlines. Raises OSError."""
        return self.file.read_text(encoding="utf-8").rstrip("\n")

    def to_json(self) -> dict[str, str]:
        """Return the reference in the form of target.json."""
        return {"file": str(self.file)}


@dataclass(frozen=True, slots=True)
class SecretVariable:
    """An environment variable that holds a value."""

    env: str

    def read(self) -> str:
        """Return the value. Raises LookupError, naming the variable, if it is unset or empty."""
        value = os.environ.get(self.env, "")
        if not value:
            raise LookupError(f"the variable {self.env}, which target.json refers to, is not set")
        return value

    def to_json(self) -> dict[str, str]:
        """Return the reference in the form of target.json."""
        return {"env": self.env}


@dataclass(frozen=True, slots=True)
class SecretProgram:
    """A program of this machine that prints a value, for a store that clients in the stage can't reach.

    They get the value in the variable `passed_on`.
    """

    program: tuple[str, ...]
    passed_on: str

    def read(self) -> str:
        """Return what the program prints. Raises LookupError, or NotMeasured if it may print it later."""
        return printed(self.program)

    def to_json(self) -> dict[str, str]:
        """Return the reference in the form for a client."""
        return SecretVariable(self.passed_on).to_json()


SecretReference = SecretFile | SecretVariable | SecretProgram


Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetHost:
    """A host of the stage, its components, and the argv lists that act on it from the root namespace.

    `openstack` is the release that it is to run, empty if none. `units` are those that its manifest starts;
    `network` is the argv prefix that runs a program in the host's network. `reached` prints whether others
    reach a host that can be asked even when it is lost; without it, nothing answers there then. An `earlier`
    host has the image of the release before, of the same OpenStack release: its versions are not known.
    Without `declared`, its manifest may be that of the release before.
    """

    name: str
    role: str
    tier: Literal["shared", "coloured", "outside"]
    address: str
    components: tuple[str, ...]
    exec: Argv
    colour: str | None = None
    openstack: str = ""
    units: tuple[str, ...] = ()
    network: Argv = ()
    power_off: tuple[Argv, ...] = ()
    power_on: tuple[Argv, ...] = ()
    link_down: tuple[Argv, ...] = ()
    link_up: tuple[Argv, ...] = ()
    reached: Argv = ()
    earlier: bool = False
    declared: Declared | None = field(default=None, hash=False)  # it has mappings; its name tells hosts apart


@dataclass(frozen=True, slots=True)
class Preview:
    """Where programs are clients of one colour while two stand, whichever of them answers clients.

    `inside` is the argv prefix that runs a program there, `address` the address that it asks from.
    """

    inside: Argv
    address: str


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that the release locks, by kind and distribution."""

    python: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Timing:
    """What a fault may cost a client, from the stage's timers. All times are seconds.

    `budget_s` is the maximum, for a client whose requests time out after `timeout_s`; `least_s` is what the
    fault must cost if it took effect at all; `formula` explains the budget. For `unsteady_s` beyond it some
    requests may still fail, while others succeed: as long as a host is in use that answers nothing.
    """

    budget_s: float
    timeout_s: float
    arithmetic_s: float
    least_s: float
    formula: str
    unsteady_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What the load gate puts on the stage: `rate` requests per second for `lasts` seconds.

    A request may wait for others for at most `waits` seconds.
    """

    rate: float
    lasts: float
    waits: float


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed stage: its hosts and how to reach them, its endpoints, and its settings when deployed.

    `versions_of` has the versions of other OpenStack releases, for hosts that run such a one. `preview` has a
    preview for each colour while two stand; else it is empty. `load` is None if no gate puts one on a stage.
    """

    protocol: Literal[1]
    site: str
    stage: str
    release: str
    deployed_at: AwareDatetime
    settled_at: AwareDatetime
    new: bool
    vip: str
    inside: Argv
    ssh_config: Path
    hosts: tuple[TargetHost, ...]
    endpoints: Mapping[str, str]
    clouds: Path
    cloud: str
    secrets: Mapping[str, SecretReference]
    accounts: Mapping[str, str]
    versions: Versions
    resumed_at: AwareDatetime | None = None
    colour: str | None = None
    versions_of: Mapping[str, Versions] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    budgets: Mapping[str, Mapping[str, Timing]] = field(default_factory=dict)
    preview: Mapping[str, Preview] = field(default_factory=dict)
    load: Load | None = None

    def previewed(self, colour: str) -> "Target":
        """Return the same target, with clients that one colour answers. Raises KeyError without preview."""
        return replace(self, inside=self.preview[colour].inside)

    @property
    def beside(self) -> frozenset[str]:
        """The colours that stand beside the one under test."""
        return frozenset(self.preview) - {self.colour}

    def carrying(self, component: str) -> tuple[TargetHost, ...]:
        """Return the hosts that carry a component, in the target's order; empty if none does."""
        return tuple(host for host in self.hosts if component in host.components)

    def names(self, component: str) -> tuple[str, ...]:
        """Return the names of the hosts that carry a component, in the target's order."""
        return tuple(host.name for host in self.carrying(component))

    def host(self, name: str) -> TargetHost:
        """Return a host by name. Raises KeyError."""
        found = {host.name: host for host in self.hosts}
        return found[name]

    def versions_on(self, host: TargetHost) -> Versions:
        """Return the versions that the host is to have."""
        return self.versions_of.get(host.openstack, self.versions)

    def endpoint_on(self, endpoint: str, host: TargetHost) -> str:
        """Return the URL of an endpoint on the host itself, bypassing the load balancer. Raises KeyError."""
        parts = urlsplit(self.endpoints[endpoint])
        return urlunsplit(parts._replace(netloc=f"{host.address}:{parts.port}"))


def read_target(path: Path) -> Target:
    """Read a target file. Raises TargetUnusable, naming every problem of the file."""
    advice = f"`promote plan` says what the stage lacks; `promote --stage STAGE` rewrites {path.name}"
    try:
        text = path.read_bytes()
    except OSError as error:
        raise TargetUnusable(
            "the target can't be read", where=str(path), why=str(error.strerror), next=advice
        ) from None
    try:
        target = TypeAdapter(Target).validate_json(text)
    except ValidationError as error:
        # Without the invalid values: one may be a secret that was put there by mistake.
        problems = [f"{_place(item['loc'])}: {item['msg']}" for item in error.errors(include_input=False)]
    else:
        problems = _contradictions(target)
        if not problems:
            return target
    raise TargetUnusable("the target is invalid", where=str(path), why="; ".join(problems), next=advice)


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the document"


def _contradictions(target: Target) -> list[str]:
    names = [host.name for host in target.hosts]
    problems = [f"hosts: {name} is listed twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if not target.hosts:
        problems.append("hosts: the list is empty")
    if not target.inside:
        problems.append("inside: an empty argv would run clients outside the stage")
    problems += [
        f"preview.{colour}.inside: an empty argv would run clients outside the stage"
        for colour, preview in target.preview.items()
        if not preview.inside
    ]
    return problems
