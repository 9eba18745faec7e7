"""Where the contract of substrates is tried: a stage of which nothing stands yet."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from checkout import wait_until
from machines import Machines

from stages.design.manifest import Wanted
from stages.draft import Draft
from stages.machine.site import Site
from stages.machine.substrates.choice import substrate
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.substrate import Creation, Levers, Substrate

STAGE = "dev"
ONE, OTHER = "database-1", "identity-blue-1"


@dataclass(frozen=True, slots=True)
class Ground:
    """A stage of which nothing stands yet, and what its hosts are made from."""

    site: Site
    draft: Draft
    image: str
    machines: Machines | None = None  # those of its hosts, if they exist already
    real: bool = True  # whether hosts have files

    @property
    def substrate(self) -> Substrate:
        kind = self.draft.config.stage(STAGE).substrate
        return substrate(kind, self.site, self.draft.blueprint)

    def levers(self, name: str) -> Levers:
        """The host's, with what it runs."""
        units = [unit.name for unit in self.draft.manifests[name].units if unit.wanted is not Wanted.STOPPED]
        return self.substrate.levers(name, units)

    def cut(self, name: str) -> None:
        """Take the host's power away, by the substrate's lever if there is one."""
        if self.machines is not None:
            self.machines.cut(name)
            return
        done(self.levers(name).power_off)
        if self.real:  # podman takes a dead container's address away a moment later
            wait_until(
                lambda: not self.substrate.standing().hosts[name].address, 10, f"{name} has no address"
            )

    def lease(self, token: int) -> Lease:
        """The stage, granted to a run; earlier leases are lost."""
        record = self.site.lease_record(STAGE)
        record.parent.mkdir(exist_ok=True)
        record.write_text(json.dumps({"token": token}))
        return Lease(token, record)

    def with_hosts(self, *names: str) -> Lease:
        """Make these hosts; the lease that they were made under."""
        lease = self.lease(12)
        self.substrate.prepare(self.image, lease)
        for name in names:
            self.substrate.fence(name, lease.token)
            self.substrate.create(name, Creation(self.image, lease))
        return lease


def done(argvs: Sequence[Sequence[str]]) -> None:
    for argv in argvs:
        subprocess.run(argv, check=True, timeout=60, capture_output=True)


def said(argv: Sequence[str]) -> str:
    return subprocess.run(argv, check=True, timeout=60, capture_output=True, text=True).stdout.strip()
