"""The object store: Swift with an S3 API behind its proxy, for Glance's images.

It is outside the control plane and not highly available: one host, one copy. What Glance's S3
driver needs: `s3_store_host = http://ADDRESS:8080`, `s3_store_access_key = glance`,
`s3_store_secret_key` = the secret `object_store_password`, `s3_store_bucket = glance`,
`s3_store_bucket_url_format = path`.
"""

from pathlib import Path
from typing import Any

from stages.design import accounts
from stages.design.blueprint import Blueprint, Facts, Host, Plane, Role, Tier
from stages.design.data_package import DataPackage
from stages.design.leaving import plainly
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait
from stages.design.parts import Formation, Listens, Phase, Secret
from stages.design.ports import Port
from stages.design.redeploying import as_it_is
from stages.design.text import text

RINGS, BUCKET_PROGRAM = f"{LIB}/swift-rings", f"{LIB}/s3-bucket"
RINGS_UNIT = "/etc/systemd/system/swift-rings.service"
MODULES = f"{LIB}/swift"
PLAIN_KEY, PROXY_UNIT = f"{MODULES}/plain_key.py", "/etc/systemd/system/swift-proxy.service.d/stagegate.conf"
SWIFT, PROXY, MEMCACHED = "/etc/swift/swift.conf", "/etc/swift/proxy-server.conf", "/etc/memcached.conf"
PLACE = "/etc/stagegate/s3.json"  # the store's address and credentials for clients
PORTS = {"account": 6202, "container": 6201, "object": 6200}
DATA, DEVICE = "/srv/node", "disk"
BUCKET = "glance"


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """Rings, the three servers and the proxy in front of them, running."""
    health = f"http://{host.address}:{Port.OBJECT_STORE}/healthcheck"
    answers = ("curl", "-sf", "--output", "/dev/null", "--max-time", "5", health)
    return Manifest(
        host=host.name,
        users=(accounts.user("swift"),),
        directories=(
            Directory(LIB),
            Directory("/etc/stagegate", mode=0o700),
            Directory(DATA, owner="swift", group="swift"),
            Directory(f"{DATA}/{DEVICE}", owner="swift", group="swift"),
        ),
        files=_files(blueprint, host),
        units=(
            # First: the servers don't start without rings.
            Unit("swift-rings.service", restart_on=(RINGS, RINGS_UNIT)),
            Unit("memcached.service", restart_on=(MEMCACHED,)),
            *(Unit(f"swift-{kind}.service", restart_on=(_server(kind), SWIFT, RINGS)) for kind in PORTS),
            Unit("swift-proxy.service", restart_on=(PROXY, PROXY_UNIT, PLAIN_KEY, SWIFT, RINGS)),
        ),
        commands=(Wait("the proxy answers", until=answers, within=60),),
    )


def _files(blueprint: Blueprint, host: Host) -> tuple[File, ...]:
    values: dict[str, Any] = {
        "ports": PORTS,
        "device": DEVICE,
        "bucket": BUCKET,
        "program": RINGS,
        "place": PLACE,
        "modules": MODULES,
    }

    def file(path: str, template: str, mode: int = 0o644, group: str = "root", **more: Any) -> File:  # noqa: ANN401 - template values
        return File(path, text(blueprint, host, template, **values, **more), mode, group=group)

    return (
        file(SWIFT, "swift.conf", mode=0o640, group="swift"),
        file(PROXY, "proxy-server.conf", mode=0o640, group="swift"),
        file(PLAIN_KEY, "plain-key"),
        file(PROXY_UNIT, "swift-proxy.service.conf"),
        *(
            file(_server(kind), "storage-server.conf", mode=0o640, group="swift", kind=kind, port=port)
            for kind, port in PORTS.items()
        ),
        file(MEMCACHED, "memcached.conf"),
        file(RINGS, "swift-rings", mode=0o755),
        file(RINGS_UNIT, "swift-rings.service"),
        file(PLACE, "s3.json", mode=0o600),
        file(BUCKET_PROGRAM, "s3-bucket", mode=0o755),
    )


def form(_blueprint: Blueprint, plane: Plane, _facts: Facts) -> tuple[Formation, ...]:
    """Create the bucket for images through the S3 API."""
    return tuple(
        Formation(
            id="schema/bucket",
            kind="schema",
            phase=Phase.EXPAND,
            host=host.name,
            title=f"create the bucket {BUCKET}",
            commands=(Command("bucket", (BUCKET_PROGRAM, "make"), unless=(BUCKET_PROGRAM, "known")),),
            done=(BUCKET_PROGRAM, "known"),
            irreversible="the bucket and what is in it stay",
        )
        for host in plane.hosts_of("object-store")[:1]
    )


def _server(kind: str) -> str:
    return f"/etc/swift/{kind}-server.conf"


ROLE = Role(
    name="object-store",
    tier=Tier.OUTSIDE,
    slot=1,
    components=("swift",),
    folder=Path(__file__).parent,
    manifest=manifest,
    form=form,
    # There can be only one, so it leaves with its role: nobody is left that uses it, and its data stays.
    leave=lambda _blueprint, _facts, going: plainly(going),
    listens=(Listens(Port.OBJECT_STORE, "Swift's proxy", users=None),),
    # The only copy of the images stays where it is.
    redeploy=as_it_is,
    keeps=(DATA,),
    # Each 2.x promises an upgrade from any release before; only another first number would be a break.
    data_package=DataPackage("swift-object", 1),
    memory_mb=240,
    uses_openstack=True,  # its bucket is made with a library that Glance brings
    own_secrets=(
        Secret("object_store_password", for_suites=True),
        Secret("object_store_hash_prefix"),
        Secret("object_store_hash_suffix"),
    ),
    diagnostics={
        "swift-proxy": ("sed", "s/^\\(user_[a-z_]* =\\).*/\\1 ***/", PROXY),
        "swift-rings": ("swift-get-nodes", "/etc/swift/object.ring.gz", "AUTH_glance"),
        "swift-disk": ("df", "-h", DATA),
    },
)
