"""Defects of Redis, its Sentinels and Cinder: what each does to a standing stage, and who sees it."""

from seeding import LIB, Defect

SENTINEL = f"{LIB}/redis-ask 26379 SENTINEL"
CINDER = "/etc/cinder/cinder.conf"
SQL = "mariadb --batch --skip-column-names -e"


def watched(name: str) -> str:
    """What a Sentinel has of the master for a name."""
    return f"$({SENTINEL} MASTER stagegate | awk 'last == \"{name}\" {{print}} {{last = $0}}')"


QUORUM = Defect(
    name="a-sentinel-with-another-quorum",
    hosts="coordination-1",
    put_in=f"{SENTINEL} SET stagegate quorum 1",
    is_in=f"test {watched('quorum')} = 1",
    take_out=f"{SENTINEL} SET stagegate quorum 2",
    seen_by={
        "redis/runs_as_declared": "coordination-1: .*sentinel quorum is 1, declared 2",
        "redis/hosts_agree": "sentinel quorum differs: .*1 on coordination-1",
    },
    cause="redis/runs_as_declared",
)
SLOW_TO_SEE = Defect(
    name="a-sentinel-that-waits-longer-for-the-master",
    hosts="coordination-3",
    put_in=f"echo {watched('down-after-milliseconds')} > /run/seeded-after"
    f" && {SENTINEL} SET stagegate down-after-milliseconds 30000",
    is_in=f"test {watched('down-after-milliseconds')} = 30000",
    take_out=f"{SENTINEL} SET stagegate down-after-milliseconds $(cat /run/seeded-after)",
    seen_by={
        "redis/time_outs_are_set": "coordination-3: down_after is 30 s, set to ",
        "redis/runs_as_declared": r"coordination-3: .*down-after-milliseconds is 30000, declared \d+",
    },
    cause="redis/runs_as_declared",
    may_also="redis/hosts_agree",
)
NO_SENTINEL = Defect(
    name="a-sentinel-that-does-not-run",
    hosts="coordination-2",
    put_in="systemctl stop redis-sentinel",
    is_in="! systemctl is-active --quiet redis-sentinel",
    take_out="systemctl start redis-sentinel",
    healed=f"{LIB}/redis-ask 26379 PING | grep -qx PONG",
    seen_by={"redis/healthy": r"coordination-2: .*redis-sentinel\.service is inactive"},
    may_also="redis/.*|cinder/(locks_are_coordinated|dependencies_answer|all_it_names_answers|journal)",
)
ONE_LESS = Defect(
    name="a-broker-that-a-service-no-longer-names",
    hosts="volume-api-blue-2",
    put_in=f"cp -a {CINDER} /run/seeded-cinder.conf && sed -i '/^transport_url = / s#,[^,]*/$#/#' {CINDER}",
    is_in=f"! cmp -s {CINDER} /run/seeded-cinder.conf",
    take_out=f"cp -a /run/seeded-cinder.conf {CINDER}",
    seen_by={"cinder/all_it_names_answers": r"volume-api-blue-2: broker [\d.]+ is not named"},
)
OF_BLUE_1 = 'host = "volume-api-blue-1" AND s.binary = "cinder-scheduler"'
COPIED = "created_at, updated_at, deleted, host, topic, report_count, disabled, rpc_current_version"
TWICE = Defect(
    name="a-scheduler-that-is-registered-twice",
    hosts="database-1",
    put_in=f"{SQL} 'INSERT INTO cinder.services ({COPIED}, object_current_version, availability_zone,"
    f" `binary`, disabled_reason, uuid) SELECT {COPIED}, object_current_version, availability_zone,"
    f' s.binary, "seeded", UUID() FROM cinder.services s WHERE {OF_BLUE_1}\'',
    is_in=f"test $({SQL} 'SELECT COUNT(*) FROM cinder.services s WHERE {OF_BLUE_1}') = 2",
    take_out=f"{SQL} 'DELETE FROM cinder.services WHERE disabled_reason = \"seeded\"'",
    seen_by={"cinder/scheduler_is_up": "cinder-scheduler on volume-api-blue-1 is listed 2 times"},
    may_also="cinder/journal",
)
NO_SCHEDULER = Defect(
    name="cinder-scheduler-dead-on-one",
    hosts="volume-api-blue-1",
    put_in="systemctl stop cinder-scheduler",
    is_in="! systemctl is-active --quiet cinder-scheduler",
    take_out="systemctl start cinder-scheduler",
    seen_by={
        "cinder/healthy": r"volume-api-blue-1: cinder-scheduler\.service is inactive",
        "cinder/own_queue_is_answered": r"the queue cinder-scheduler\.volume-api-blue-1: nobody replied",
    },
    cause="cinder/healthy",
    may_also="cinder/(scheduler_is_up|runs_as_declared|journal)",
)
DEFECTS = (QUORUM, SLOW_TO_SEE, NO_SENTINEL, ONE_LESS, TWICE, NO_SCHEDULER)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
