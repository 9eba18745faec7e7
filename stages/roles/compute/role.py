"""Compute: nova-compute with the fake driver, ovn-controller, Open vSwitch's userspace datapath.

Outside the control plane: Nova discovers these hosts through its cell, and OVN sees them as chassis.
"""

from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait
from stages.design.parts import Formation, Phase
from stages.openstack import hosts, queues
from stages.openstack.forming import as_user, services
from stages.openstack.software import BIN, UNITS, Daemon, Software
from stages.openstack.text import text
from stages.roles.compute import declared
from stages.roles.compute.leave import RECORDS, leave, redeploy

NOVA, SYSTEM_ID = "/etc/nova/nova.conf", "/etc/openvswitch/system-id.conf"
CHASSIS = f"{UNITS}/ovn-controller.service.d/stagegate.conf"
# Programs on compute-api hosts.
KNOWN, CELL = f"{LIB}/compute-known", f"{LIB}/in-cell"
DISCOVER = (f"{BIN}/nova-manage", "--config-file", NOVA, "cell_v2", "discover_hosts")
IDENTITY = f"{LIB}/compute-identity"
REMOTES = f"{LIB}/ovn-remotes"
SOFTWARE = Software(
    configurations={NOVA: "nova"},
    services=(
        Daemon("nova-compute", "nova", (f"{BIN}/nova-compute", "--config-file", NOVA), prepare=(IDENTITY,)),
    ),
)


def identity(blueprint: Blueprint, host: Host) -> UUID:
    """The UUID of a new host in Nova; it stays the same when the host is recreated."""
    return uuid5(NAMESPACE_URL, f"stagegate://{blueprint.site}/{blueprint.stage}/{host.name}")


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """The chassis, which can start alone; a formation starts nova-compute later."""
    own = hosts.manifest(blueprint, host, SOFTWARE, memcached=False)
    identify = text(blueprint, host, IDENTITY, identity=identity(blueprint, host), within=100)
    return replace(
        own,
        directories=(*own.directories, Directory("/etc/openvswitch")),
        files=(
            *own.files,
            # Debian sets the chassis name from this file at each start. If it were set elsewhere, a
            # restarted host would be a second chassis.
            File(SYSTEM_ID, f"{host.name}\n"),
            File(CHASSIS, text(blueprint, host, "ovn-controller.service.conf", remotes=REMOTES)),
            File(REMOTES, text(blueprint, host, REMOTES), mode=0o755),
            File(IDENTITY, identify, mode=0o755),
        ),
        units=(
            *own.units,
            Unit("openvswitch-switch.service", restart_on=(SYSTEM_ID,)),
            Unit("ovn-controller.service", restart_on=(SYSTEM_ID, CHASSIS)),
        ),
        # ovn-controller reads it at once.
        commands=(
            *own.commands,
            Command("OVN's databases", (REMOTES, "tell"), unless=(REMOTES, "told")),
        ),
    )


def form(blueprint: Blueprint, plane: Plane, _facts: Facts) -> tuple[Formation, ...]:
    """Start nova-compute on each host; then discover them from a host with access to Nova's databases.

    Last, queues go that only nova-compute of the release before has read, on the same host.
    """
    members = tuple(host.name for host in plane.hosts_of("compute"))
    return (
        *services(blueprint, plane, "compute", SOFTWARE),
        Formation(
            id="ready/compute",
            kind="ready",
            phase=Phase.SERVE,
            host=blueprint.serving("compute-api")[0].name,
            title=f"Nova knows {', '.join(members)}",
            commands=(
                Wait("all compute hosts report", until=(CELL, "reported", *members), within=120),
                Command("discover_hosts", as_user("nova", *DISCOVER), unless=(CELL, "mapped", *members)),
                Wait("Nova knows all compute hosts", until=(KNOWN, "--up", *members), within=60, every=0.5),
                # After a redeployment, whether it went well or was rolled back, however far it had come.
                Command("send servers to all of them", (RECORDS, "restore", *members)),
            ),
            done=(KNOWN, *members),
            after=tuple(f"service/{name}" for name in members),
        ),
        *queues.of_those_that_stay(blueprint, "compute", members),
    )


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the running Open vSwitch; it is told the addresses of OVN's databases at once."""
    drop_in, remotes, system_id = (file_of(manifest, path).content for path in (CHASSIS, REMOTES, SYSTEM_ID))
    return tuple(declared.settings(drop_in, remotes, system_id))


ROLE = Role(
    name="compute",
    tier=Tier.OUTSIDE,
    slot=0,
    components=("nova-compute", "ovn-controller"),
    folder=Path(__file__).parent,
    uses_openstack=True,
    manifest=manifest,
    declares=declares,
    form=form,
    leave=leave,
    redeploy=redeploy,
    needs=("compute-api", "network-api", "image", "ovn"),
    # The host's identity in Nova and in OVN outlives the host.
    keeps=("/var/lib/nova",),
    memory_mb=230,
    diagnostics=hosts.shown(SOFTWARE)
    | {
        "open-vswitch": ("ovs-vsctl", "show"),
        "ovn-controller": ("ovn-appctl", "-t", "ovn-controller", "connection-status"),
    },
)
