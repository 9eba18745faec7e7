"""Defects that journals tell of, and of journals that tell less: what each does to a standing stage."""

from seeding import Defect

CHECK = "dependency-check.service"
DROP_IN = f"/run/systemd/system/{CHECK}.d"
AGAIN = f"systemctl daemon-reload && systemctl restart {CHECK}"
ANSWERS = "curl -s -o /dev/null http://$(hostname -i | cut -d ' ' -f 1):9210/"


def writing(command: str, *lines: str) -> str:
    """A script that has a unit run a command each second besides, until its next start."""
    loop = f"while sleep 1; do {command}; done &"
    text = "\n".join(("[Service]", *lines, f'ExecStartPost=/bin/sh -c "{loop}"'))
    return f"mkdir -p {DROP_IN} && cat > {DROP_IN}/zz-seeded.conf <<'END'\n{text}\nEND\n{AGAIN}"


ERROR = "echo '<3>seeded: the other side does not answer'"
# Of its drop-in nothing is left but the loop.
REPEATED = Defect(
    name="a-service-that-logs-the-same-error-for-ever",
    hosts="volume-api-blue-1",
    put_in=f"{writing(ERROR)}\nrm -r {DROP_IN} && systemctl daemon-reload",
    is_in=f"journalctl --quiet --no-pager -u {CHECK} -p err | grep -q seeded",
    take_out=f"rm -rf {DROP_IN}; {AGAIN}",
    healed=ANSWERS,
    seen_by={"cinder/journal": r"volume-api-blue-1: \d+ errors since .* \(\d+ times\): seeded: the other"},
)
SUPPRESSED = Defect(
    name="a-service-of-which-journald-drops-lines",
    hosts="network-api-blue-1",
    # journald lets more pass than that where its disk has much room: some four times as many.
    put_in=writing("yes seeded | head -n 60", "LogRateLimitIntervalSec=2s", "LogRateLimitBurst=3"),
    is_in=f"journalctl --quiet --no-pager -n 500 | grep -q 'Suppressed .* {CHECK}'",
    take_out=f"rm -rf {DROP_IN}; {AGAIN}",
    healed=ANSWERS,
    seen_by={"neutron/runs_as_declared": rf"network-api-blue-1: .*zz-seeded\.conf changes {CHECK}, and no"},
    unclear_by={"neutron/journal": rf"network-api-blue-1: \d+ lines of {CHECK} were suppressed"},
    cause="neutron/runs_as_declared",
    may_also="neutron/hosts_agree",
)
VACUUM = "journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1s; logger seeded"
EMPTIED = Defect(
    name="a-journal-that-something-empties-all-the-time",
    hosts="ovn-3",
    put_in=f"systemd-run --quiet --unit=seeded-vacuum sh -c 'while sleep 2; do {VACUUM}; done'",
    is_in="systemctl is-active --quiet seeded-vacuum",
    take_out="systemctl stop seeded-vacuum",
    seen_by={},
    unclear_by={"ovn/journal": "ovn-3: the journal begins at .*, after the deployment"},
)
DEFECTS = (REPEATED, SUPPRESSED, EMPTIED)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
