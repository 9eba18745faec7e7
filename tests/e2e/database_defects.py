"""Defects of databases: what each does to a standing stage, and by which checks it is seen."""

from seeding import Defect

ASK = "mariadb --batch --skip-column-names -e"
PROVIDER = f"{ASK} \"SET GLOBAL wsrep_provider_options = 'evs.suspect_timeout={{}}'\""
SUSPECT = (
    f"{ASK} 'SELECT @@wsrep_provider_options' | tr ';' '\\n' | sed -n 's/^ *evs.suspect_timeout *= *//p'"
)

FORGETFUL = Defect(
    name="a-database-that-acknowledges-before-the-disk-has-it",
    hosts="database-2",
    put_in=f"{ASK} 'SET GLOBAL innodb_flush_log_at_trx_commit = 2'",
    is_in=f"test $({ASK} 'SELECT @@GLOBAL.innodb_flush_log_at_trx_commit') = 2",
    take_out=f"{ASK} 'SET GLOBAL innodb_flush_log_at_trx_commit = 1'",
    seen_by={
        "galera/commits_are_durable": "database-2: innodb_flush_log_at_trx_commit=2",
        "galera/runs_as_declared": "database-2: .*innodb_flush_log_at_trx_commit is 2, declared 1",
    },
    cause="galera/commits_are_durable",
    may_also="galera/hosts_agree",
)
PATIENT = Defect(
    name="a-database-that-waits-longer-for-its-peers",
    hosts="database-3",
    put_in=f"{SUSPECT} > /run/seeded-suspect && {PROVIDER.format('PT3S')}",
    is_in=f"test $({SUSPECT}) = PT3S",
    take_out=PROVIDER.format("$(cat /run/seeded-suspect)"),
    seen_by={
        "galera/runs_as_declared": r"database-3: .*evs\.suspect_timeout is PT3S, declared PT",
        "galera/time_outs_agree": "suspect_timeout: .*PT3S on database-3",
    },
    cause="galera/runs_as_declared",
    may_also="galera/hosts_agree",
)
READ_ONLY = Defect(
    name="a-database-that-was-made-read-only",
    hosts="database-2",
    put_in=f"{ASK} 'SET GLOBAL read_only = ON'",
    is_in=f"test $({ASK} 'SELECT @@GLOBAL.read_only') = 1",
    take_out=f"{ASK} 'SET GLOBAL read_only = OFF'",
    seen_by={"galera/runs_as_declared": "database-2: .*variable read_only is ON, declared OFF"},
    # The client of the check has no right to write there now.
    may_also="galera/(client_is_served|row_reaches_every_node|hosts_agree)",
)
UNCHECKED = Defect(
    name="nobody-says-whether-a-database-is-well",
    hosts="database-3",
    put_in="systemctl stop galera-check",
    is_in="! systemctl is-active --quiet galera-check",
    take_out="systemctl start galera-check",
    healed="curl -sf -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):9200/",
    seen_by={"galera/healthy": r"database-3: galera-check\.service is inactive"},
    may_also="galera/(runs_as_declared|hosts_agree)|haproxy/(every_server_is_up|journal)",
)
DEFECTS = (FORGETFUL, PATIENT, READ_ONLY, UNCHECKED)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
