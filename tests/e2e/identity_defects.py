"""Defects of Keystone and of hosts' caches: what each does to a standing stage, and who sees it."""

from seeding import Defect

KEYSTONE, CACHE = "/etc/keystone/keystone.conf", "/etc/memcached.conf"
ADDRESS = "$(hostname -i | cut -d ' ' -f 1)"
CATALOG = "mariadb --defaults-extra-file=/etc/stagegate/database.cnf --batch --skip-column-names keystone -e"
# Keystone keeps the catalog in the caches of all its hosts.
FORGET = (
    "for host in identity-blue-1 identity-blue-2; do"
    " printf 'flush_all\\r\\nquit\\r\\n' | nc -w 3 $host 11211 | grep -q OK || exit 1; done"
)
OF_IMAGES = "JOIN service s ON s.id = e.service_id WHERE s.type = 'image' AND e.interface = 'admin'"
OF_VOLUMES = "e.service_id = s.id AND s.type = 'volumev3' AND e.interface = 'admin'"
COLUMNS = "interface, service_id, url, enabled, region_id"

DOUBLED = Defect(
    name="a-catalog-entry-that-is-there-twice",
    hosts="identity-blue-1",
    put_in=f"""{CATALOG} "INSERT INTO endpoint (id, extra, {COLUMNS}) SELECT 'seeded', '{{}}', e.interface,"""
    f""" e.service_id, e.url, e.enabled, e.region_id FROM endpoint e {OF_IMAGES}" && {FORGET}""",
    is_in=f"""test $({CATALOG} "SELECT COUNT(*) FROM endpoint WHERE id = 'seeded'") = 1""",
    take_out=f"""{CATALOG} "DELETE FROM endpoint WHERE id = 'seeded'" && {FORGET}""",
    seen_by={
        "keystone/catalog_is_exact": r"image admin of \w+ at http://[\d.]+:9292 is there twice",
    },
)
MISSING = Defect(
    name="a-catalog-entry-that-was-disabled",
    hosts="identity-blue-1",
    put_in=f"""{CATALOG} "UPDATE endpoint e, service s SET e.enabled = 0 WHERE {OF_VOLUMES}" && {FORGET}""",
    is_in=f"test $({CATALOG} 'SELECT COUNT(*) FROM endpoint WHERE enabled = 0') = 1",
    take_out=f"""{CATALOG} "UPDATE endpoint e, service s SET e.enabled = 1 WHERE {OF_VOLUMES}" && {FORGET}""",
    seen_by={"keystone/catalog_is_exact": r"volumev3 admin of \w+ at http://[\d.]+:8776\S* is missing"},
)
# Keystone still runs with the file as it was: the next start would be without one of its caches.
OTHER_PORT = Defect(
    name="a-cache-that-is-not-there-in-a-file-that-nobody-has-read-yet",
    hosts="identity-blue-2",
    put_in=f"cp -a {KEYSTONE} /run/seeded-keystone.conf"
    f" && sed -i '/^memcache_servers = / s/:11211/:11212/' {KEYSTONE}",
    is_in=f"grep -q '^memcache_servers = .*:11212' {KEYSTONE}",
    take_out=f"cp -a /run/seeded-keystone.conf {KEYSTONE} && systemctl restart keystone",
    healed=f"! grep -q ':11212' {KEYSTONE} && curl -sf -o /dev/null {ADDRESS}:5000/v3",
    seen_by={
        "keystone/all_it_names_answers": r"identity-blue-2: memcached [\d.]+:11212: \[cache\]: Connection",
        "keystone/runs_as_declared": r"identity-blue-2: .*keystone\.conf was changed .* after keystone",
    },
    cause="keystone/all_it_names_answers",
)


def not_restarted(host: str, first: str) -> Defect:
    """A cache's file changed, and no restart; `first` is the component that tells of the host's files."""
    return Defect(
        name=f"the-file-of-a-cache-changed-and-not-restarted-on-{host}",
        hosts=host,
        put_in=f"cp -a {CACHE} /run/seeded-memcached.conf && echo '-c 4096' >> {CACHE}",
        is_in=f"grep -qx -e '-c 4096' {CACHE}",
        take_out=f"cp -a /run/seeded-memcached.conf {CACHE} && systemctl restart memcached",
        healed=f"printf 'version\\r\\nquit\\r\\n' | nc -w 3 {ADDRESS} 11211 | grep -q VERSION",
        seen_by={
            "memcached/runs_as_declared": rf"{host}: {CACHE} was changed .* after memcached\.service was st",
            f"{first}/runs_as_declared": rf"{host}: .*{CACHE} is not as declared",
        },
        cause="memcached/runs_as_declared",
    )


CACHE_OF_IDENTITY = not_restarted("identity-blue-1", "keystone")
CACHE_OF_NETWORK = not_restarted("network-api-blue-2", "neutron")
SMALLER = Defect(
    name="a-cache-made-smaller-while-it-runs",
    hosts="compute-api-blue-1",
    put_in=f"printf 'cache_memlimit 32\\r\\nquit\\r\\n' | nc -w 3 {ADDRESS} 11211 | grep -q OK",
    is_in=f"printf 'stats settings\\r\\nquit\\r\\n' | nc -w 3 {ADDRESS} 11211 | grep -q 'maxbytes 33554432'",
    take_out=f"printf 'cache_memlimit 64\\r\\nquit\\r\\n' | nc -w 3 {ADDRESS} 11211 | grep -q OK",
    seen_by={
        "memcached/runs_as_declared": "compute-api-blue-1: .*maxbytes is 33554432, declared 67108864",
        "memcached/hosts_agree": "setting maxbytes differs: .*33554432 on compute-api-blue-1",
    },
    cause="memcached/runs_as_declared",
)
NO_CACHE = Defect(
    name="a-cache-that-does-not-run",
    hosts="network-api-blue-2",
    put_in="systemctl stop memcached",
    is_in="! systemctl is-active --quiet memcached",
    take_out="systemctl start memcached",
    seen_by={
        "memcached/healthy": r"network-api-blue-2: memcached\.service is inactive",
        "neutron/all_it_names_answers": r"network-api-blue-2: .*memcached [\d.]+:11211: .*Connection",
    },
    cause="memcached/healthy",
    may_also="memcached/(value_is_read_back|runs_as_declared|hosts_agree)"
    "|neutron/(dependencies_answer|record_is_read_back|journal)",
)
DEFECTS = (DOUBLED, MISSING, OTHER_PORT, CACHE_OF_IDENTITY, CACHE_OF_NETWORK, SMALLER, NO_CACHE)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
