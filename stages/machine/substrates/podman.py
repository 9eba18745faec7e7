"""The lab: hosts are podman containers with systemd, one internal network per stage.

The network is internal: nothing in it has a default route, and the machine itself has no address in
it. The machine's programs reach a stage only through the network namespaces of its gateways: `operator`,
and while two colours stand the preview gateway of each (`preview-blue`).
"""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from stages.design.blueprint import Blueprint, Colour, Host
from stages.design.declared import KERNEL
from stages.errors import ProgramFailed
from stages.machine.running import affirms, run
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.package_label import told
from stages.machine.substrates.substrate import Levers, Seen
from stages.machine.substrates.weight import allow_real_time, raise_kernel_threads, weigh

PODMAN = ("podman", "--runtime", "runc")  # crun refuses hybrid cgroups
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096")
# Debian's units sandbox themselves, which requires mounts. keepalived needs the two NET ones, Open vSwitch
# the device.
RIGHTS = (
    "--cap-add", "SYS_ADMIN,NET_ADMIN,NET_RAW,SYS_NICE",
    "--device", "/dev/net/tun",
    "--security-opt", "seccomp=unconfined",
    "--security-opt", "unmask=all",
)  # fmt: skip
SHARES = 1024  # podman's own number for a container's weight
SITE_LABEL, STAGE_LABEL, HOST_LABEL = "stagegate.site", "stagegate.stage", "stagegate.host"
ROLE_LABEL = "stagegate.role"
FOLDER_LABEL = "stagegate.folder"  # the site's, for whoever finds a lab without its site (labs.py)
OPERATOR_NAME, PREVIEW = "operator", "preview"


def container(site: str, stage: str, host: str) -> str:
    """The container's name."""
    return f"sg-{site}-{stage}-{host}"


def network_name(site: str, stage: str) -> str:
    """The network's name."""
    return f"sg-{site}-{stage}"


def preview_name(colour: Colour) -> str:
    """The name of a colour's preview gateway in the stage; no role is called like that."""
    return f"{PREVIEW}-{colour.value}"


def seen(site: str, stage: str | None = None) -> tuple[Seen, ...]:
    """All containers of the site, or of one stage of it, gateways included."""
    labels = [f"{SITE_LABEL}={site}", *([f"{STAGE_LABEL}={stage}"] if stage else [])]
    filters = [part for label in labels for part in ("--filter", f"label={label}")]
    names = run([*PODMAN, "ps", "--all", "--quiet", *filters]).split()
    if not names:
        return ()
    return tuple(_seen(item) for item in json.loads(run([*PODMAN, "inspect", *names])))


def namespace(site: str, stage: str, name: str = OPERATOR_NAME) -> str:
    """The path of a gateway's network namespace. Raises ProgramFailed if there is no such gateway.

    The path disappears with the container and is never reused, unlike a process id.
    """
    gateway = container(site, stage, name)
    path = run([*PODMAN, "inspect", "--format", "{{.NetworkSettings.SandboxKey}}", gateway]).strip()
    if not path.startswith("/"):
        raise ProgramFailed(
            f"{gateway} is not running", why="its network is gone with it", next=f"promote --stage {stage}"
        )
    return path


def prepare(blueprint: Blueprint, image: str, lease: Lease) -> None:
    """Create the stage's network and gateways that are missing; remove a preview that is not wanted."""
    name = network_name(blueprint.site, blueprint.stage)
    if not affirms([*PODMAN, "network", "exists", name]):
        lease.check()
        labels = _labels(blueprint.site, blueprint.stage, lease)
        options = ("--internal", "--disable-dns", *labels, "--subnet", blueprint.network)
        run([*PODMAN, "network", "create", *options, name])
    _gateway(blueprint, (OPERATOR_NAME, OPERATOR_NAME, blueprint.operator), image, lease)
    for colour in Colour:
        name, address = preview_name(colour), blueprint.previews.get(colour)
        if address is not None:
            _gateway(blueprint, (name, PREVIEW, address), image, lease)
        elif exists(blueprint.site, blueprint.stage, name):
            remove(blueprint.site, blueprint.stage, name, lease)
    weigh(_group(container(blueprint.site, blueprint.stage, OPERATOR_NAME)))
    raise_kernel_threads()


def _gateway(blueprint: Blueprint, what: tuple[str, str, str], image: str, lease: Lease) -> None:
    """Have a gateway run: `what` is its name, its role and its address."""
    name, role, address = what
    if not exists(blueprint.site, blueprint.stage, name):
        lease.check()
        argv = _run(blueprint, name, address, role, lease)
        # as the first process, sleep ignores SIGTERM
        run([*argv, "--stop-signal", "KILL", image, "sleep", "infinity"])
    elif not _running(container(blueprint.site, blueprint.stage, name)):
        start(blueprint.site, blueprint.stage, name, lease)


def create(blueprint: Blueprint, host: Host, image: str, mounts: Sequence[str], lease: Lease) -> None:
    """Create and start the host from the image, replacing any host of its name.

    `mounts` are podman's --volume values: the host's ssh keys and the data that outlives it. Raises
    ProgramFailed, also if another process takes the name meanwhile; `exists` tells whether that happened.
    """
    peers = [f"{peer.name}:{peer.address}" for peer in blueprint.hosts]
    options = [
        *RIGHTS, "--systemd=always", "--tmpfs", "/tmp",  # noqa: S108 - the host's own
        *(part for name, value in KERNEL.items() for part in ("--sysctl", f"{name}={value}")),
        *(part for peer in peers for part in ("--add-host", peer)),
        *(part for mount in mounts for part in ("--volume", mount)),
    ]  # fmt: skip
    shares = str(SHARES * blueprint.roles[host.role].weight)
    named = _run(blueprint, host.name, host.address, host.role, lease)
    argv = [*named, "--cpu-shares", shares, *options, image, "/sbin/init"]
    remove(blueprint.site, blueprint.stage, host.name, lease)
    lease.check()
    run(argv)


def prefer(blueprint: Blueprint, host: Host) -> None:
    """Allow a running host the real-time priority that its role asks for."""
    if blueprint.roles[host.role].real_time:
        allow_real_time(_group(container(blueprint.site, blueprint.stage, host.name)))


def _group(name: str) -> str:
    """The control group of a running container."""
    return run([*PODMAN, "inspect", "--format", "{{.State.CgroupPath}}", name]).strip()


def exists(site: str, stage: str, host: str) -> bool:
    """Whether there is a container of the host, running or not."""
    return affirms([*PODMAN, "container", "exists", container(site, stage, host)])


def start(site: str, stage: str, host: str, lease: Lease) -> None:
    """Start a host that was stopped."""
    lease.check()
    run([*PODMAN, "start", container(site, stage, host)])


def remove(site: str, stage: str, host: str, lease: Lease) -> None:
    """Remove a host, if there is one; its data stays."""
    lease.check()
    run([*PODMAN, "rm", "--force", "--ignore", "--time", "30", container(site, stage, host)])


def data_volume(site: str, stage: str, host: str, directory: str) -> str:
    """The name of the volume for a directory of a host that outlives it."""
    return container(site, stage, host) + directory.replace("/", "-")


def keep(site: str, stage: str, host: str, directory: str, lease: Lease) -> str:
    """Create the volume for a directory that outlives its host, if it is missing; return its name."""
    name = data_volume(site, stage, host, directory)
    if not affirms([*PODMAN, "volume", "exists", name]):
        lease.check()
        run([*PODMAN, "volume", "create", *_labels(site, stage, lease), name])
    return name


def discard(site: str, stage: str, host: str, directory: str, lease: Lease) -> None:
    """Remove the volume of a removed host's directory, if there is one."""
    name = data_volume(site, stage, host, directory)
    if affirms([*PODMAN, "volume", "exists", name]):
        lease.check()
        run([*PODMAN, "volume", "rm", name])


def demolish(site: str, stage: str | None, check: Callable[[], None]) -> list[str]:
    """Remove every container, volume and network of the stage, or of the whole site. Return their names.

    They are found by label, since a stage's name may be a prefix of another's. `check` is called before each
    removal and raises if the removal is not allowed.
    """
    removed: list[str] = []
    for listing, removal in (
        (("ps", "--all"), ("rm", "--force", "--time", "0")),
        (("volume", "ls"), ("volume", "rm")),
        (("network", "ls"), ("network", "rm", "--force")),
    ):
        if names := _names(listing, site, stage):
            check()
            run([*PODMAN, *removal, *names], within=300)
            removed += names
    return removed


def _names(listing: Sequence[str], site: str, stage: str | None) -> list[str]:
    """The names that podman lists with the site's label, and with the stage's if one is given.

    They are filtered here: of several label filters, podman requires all for containers but any for volumes.
    """
    wanted = {SITE_LABEL: site, **({STAGE_LABEL: stage} if stage else {})}
    items = json.loads(run([*PODMAN, *listing, "--format", "json"]) or "[]")
    # Each kind of object spells the keys in its own way.
    labelled = [(item.get("Labels") or item.get("labels") or {}, item) for item in items]
    chosen = [item for labels, item in labelled if wanted.items() <= labels.items()]
    return [item.get("Name") or item.get("name") or item["Names"][0] for item in chosen]


def levers(site: str, stage: str, host: str) -> Levers:
    """The argv lists with which faults act on a host from outside."""
    name = container(site, stage, host)
    inside = (*PODMAN, "exec", name)
    # Without that namespace nothing is run: it would run in the machine's own.
    lookup = shlex.join([*PODMAN, "inspect", "--format", "{{.NetworkSettings.SandboxKey}}", name])
    enter = f'there=$({lookup}) && [ -n "$there" ] && exec nsenter --net="$there" "$@"'
    return Levers(
        exec=inside,
        network=("sh", "-c", enter, name),
        power_off=((*PODMAN, "kill", name),),
        power_on=((*PODMAN, "start", name),),
        link_down=((*inside, "ip", "link", "set", "eth0", "down"),),
        link_up=((*inside, "ip", "link", "set", "eth0", "up"),),
    )


def _run(blueprint: Blueprint, host: str, address: str, role: str, lease: Lease) -> list[str]:
    return [
        *PODMAN, "run", "--detach", "--name", container(blueprint.site, blueprint.stage, host),
        "--hostname", host, "--network", network_name(blueprint.site, blueprint.stage), "--ip", address,
        "--mac-address", _hardware_address(address),
        *_labels(blueprint.site, blueprint.stage, lease),
        "--label", f"{HOST_LABEL}={host}", "--label", f"{ROLE_LABEL}={role}", *LIMITS,
    ]  # fmt: skip


def _labels(site: str, stage: str, lease: Lease) -> list[str]:
    labels = {SITE_LABEL: site, STAGE_LABEL: stage, FOLDER_LABEL: str(lease.site)}
    return [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]


def _hardware_address(address: str) -> str:
    """A MAC address derived from the IP address, so that peers find a replaced host immediately."""
    return "02:53:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def _running(name: str) -> bool:
    return run([*PODMAN, "inspect", "--format", "{{.State.Running}}", name]).strip() == "true"


def _seen(item: dict[str, Any]) -> Seen:
    labels = item["Config"]["Labels"]
    networks = item["NetworkSettings"].get("Networks") or {}  # there is no key for a container without any
    return Seen(
        stage=labels[STAGE_LABEL],
        host=labels[HOST_LABEL],
        role=labels.get(ROLE_LABEL, "unknown"),
        running=bool(item["State"]["Running"]),
        image=f"sha256:{item['Image']}",
        openstack=labels.get("stagegate.openstack", ""),
        address=next((entry.get("IPAddress", "") for entry in networks.values()), ""),
        base=labels.get("stagegate.base", ""),
        packages=told(labels),
        outliving=tuple(mount["Destination"] for mount in item["Mounts"]) if "Mounts" in item else None,
    )
