"""Defects that journals tell of, and of journals that tell less: what each does to a standing stage."""

from seeding import Defect

CHECK = "dependency-check.service"
DROP_IN = f"/run/systemd/system/{CHECK}.d"
AGAIN = f"systemctl daemon-reload && systemctl restart {CHECK}"
ANSWERS = "curl -s -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):9210/"


def writing(line: str, every: str, *lines: str) -> str:
    """A script that has a unit write a line again and again besides, until its next start."""
    loop = f"while sleep {every}; do echo '{line}'; done &"
    text = "\n".join(("[Service]", *lines, f'ExecStartPost=/bin/sh -c "{loop}"'))
    return f"mkdir -p {DROP_IN} && cat > {DROP_IN}/zz-seeded.conf <<'END'\n{text}\nEND\n{AGAIN}"


# Of its drop-in nothing is left but the loop.
REPEATED = Defect(
    name="a-service-that-logs-the-same-error-for-ever",
    hosts="volume-api-blue-1",
    put_in=f"{writing('<3>seeded: the other side does not answer', '0.5')}\n"
    f"rm -r {DROP_IN} && systemctl daemon-reload",
    is_in=f"journalctl --quiet --no-pager -u {CHECK} -p err | grep -q seeded",
    take_out=f"rm -rf {DROP_IN}; {AGAIN}",
    healed=ANSWERS,
    seen_by={"cinder/journal": r"volume-api-blue-1: \d+ errors since .* \(\d+ times\): seeded: the other"},
)
SUPPRESSED = Defect(
    name="a-service-of-which-journald-drops-lines",
    hosts="network-api-blue-1",
    put_in=writing("seeded", "0.2", "LogRateLimitIntervalSec=2s", "LogRateLimitBurst=3"),
    is_in=f"journalctl --quiet --no-pager -n 500 | grep -q 'Suppressed .* {CHECK}'",
    take_out=f"rm -rf {DROP_IN}; {AGAIN}",
    healed=ANSWERS,
    seen_by={"neutron/runs_as_declared": rf"network-api-blue-1: .*zz-seeded\.conf changes {CHECK}, and no"},
    unclear_by={"neutron/journal": rf"network-api-blue-1: \d+ lines of {CHECK} were suppressed"},
    cause="neutron/runs_as_declared",
    may_also="neutron/hosts_agree",
)
VACUUM = "while sleep 2; do journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1s; done"
EMPTIED = Defect(
    name="a-journal-that-something-empties-all-the-time",
    hosts="ovn-3",
    put_in=f"systemd-run --quiet --unit=seeded-vacuum sh -c '{VACUUM}'",
    is_in="systemctl is-active --quiet seeded-vacuum",
    take_out="systemctl stop seeded-vacuum",
    seen_by={},
    unclear_by={"ovn/journal": "ovn-3: the journal begins at .*, after the deployment"},
)
DEFECTS = (REPEATED, SUPPRESSED, EMPTIED)
