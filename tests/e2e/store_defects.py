"""Defects of Swift and Glance: what each does to a standing stage, and by which checks it is seen."""

from seeding import Defect, laid_over

ADDRESS = "$(hostname -i | cut -d ' ' -f 1)"
WEIGHT = laid_over("swift-account.service", "CPUWeight=50")
HOSTS = "/etc/hosts"

OTHER_OWNER = Defect(
    name="another-owner-of-the-store",
    hosts="object-store-1",
    put_in="chown root /srv/node",
    is_in="test $(stat --format=%U /srv/node) = root",
    take_out="chown swift /srv/node",
    seen_by={"swift/data_is_its_own": r"/srv/node belongs to 0:\d+, and must be"},
)
ADDED = Defect(
    name="a-drop-in-that-systemd-has-read-and-no-process-runs-with",
    hosts="object-store-1",
    put_in=WEIGHT[0],
    is_in="systemctl show -p DropInPaths --value swift-account | grep -q zz-seeded",
    take_out=WEIGHT[1],
    seen_by={
        "swift/runs_as_declared": r"zz-seeded\.conf changes swift-account\.service, and no manifest has it"
    },
)
# Its proxy goes round a server that has failed, for a while, also once it is back.
NO_OBJECTS = Defect(
    name="a-store-that-keeps-no-objects",
    hosts="object-store-1",
    put_in="systemctl stop swift-object",
    is_in="! systemctl is-active --quiet swift-object",
    take_out="systemctl start swift-object && systemctl restart swift-proxy",
    healed=f"curl -sf -o /dev/null http://{ADDRESS}:6200/healthcheck"
    f" && curl -sf -o /dev/null http://{ADDRESS}:8080/healthcheck",
    seen_by={
        "swift/healthy": r"object-store-1: swift-object\.service is inactive",
        "swift/object_is_read_back": "object-store-1: ",
        "glance/record_is_read_back": "asked to ",
    },
    cause="swift/healthy",
    may_also="swift/(runs_as_declared|journal)|glance/.*|nova-api/server_is_created|nova-.*/journal",
)
NO_PRUNING = Defect(
    name="a-timer-that-was-stopped",
    hosts="image-blue-1",
    put_in="systemctl stop glance-cache-pruner.timer",
    is_in="! systemctl is-active --quiet glance-cache-pruner.timer",
    take_out="systemctl start glance-cache-pruner.timer",
    seen_by={"glance/healthy": r"image-blue-1: .*glance-cache-pruner\.timer is inactive"},
    may_also="glance/(runs_as_declared|hosts_agree)",
)
# Another file system is mounted there in the lab, so the file can't be replaced by another one.
OTHER_ADDRESS = Defect(
    name="a-name-that-resolves-to-another-host",
    hosts="image-blue-2",
    put_in=f"cp {HOSTS} /run/seeded-hosts"
    f" && sed 's/^[0-9.]*\\([[:space:]]loadbalancer-1\\)$/192.0.2.9\\1/' /run/seeded-hosts > {HOSTS}",
    is_in="getent ahostsv4 loadbalancer-1 | grep -q '^192.0.2.9 '",
    take_out=f"cat /run/seeded-hosts > {HOSTS}",
    seen_by={"glance/runs_as_declared": r"image-blue-2: .*loadbalancer-1 resolves to 192\.0\.2\.9, declared"},
)
DEFECTS = (OTHER_OWNER, ADDED, NO_OBJECTS, NO_PRUNING, OTHER_ADDRESS)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
