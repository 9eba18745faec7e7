"""Defects of Neutron, OVN and its chassis: what each does to a standing stage, and who sees it."""

from seeding import LIB, Defect

SET = "ovs-vsctl --timeout=20 set open ."
ADDRESS = "$(hostname -i | cut -d ' ' -f 1)"

PAUSED = Defect(
    name="a-northd-that-somebody-has-paused",
    hosts="ovn-2",
    put_in="ovn-appctl --timeout=5 -t ovn-northd pause",
    is_in="ovn-appctl --timeout=5 -t ovn-northd status | grep -q paused",
    take_out="ovn-appctl --timeout=5 -t ovn-northd resume",
    seen_by={"ovn/northd_is_active": "ovn-2: paused"},
    may_also="ovn/chassis_alive|neutron/port_binds",
)
ONE_REMOTE = Defect(
    name="a-chassis-that-knows-one-southbound-database",
    hosts="compute-1",
    put_in=f'{SET} "external-ids:ovn-remote=\\"tcp:$(getent hosts ovn-1 | cut -d \' \' -f 1):6642\\""',
    is_in=f"! {LIB}/ovn-remotes told",
    take_out=f"{LIB}/ovn-remotes tell",
    seen_by={
        "ovn-controller/runs_as_declared": r"compute-1: .*ovn-remote is tcp:[\d.]+:6642, declared tcp:.*,tcp:"
    },
    may_also="ovn-controller/hosts_agree",
)
ALL_FLOWS = Defect(
    name="an-option-of-one-chassis-that-nothing-declares",
    hosts="compute-2",
    put_in=f"{SET} external-ids:ovn-monitor-all=true",
    is_in="ovs-vsctl --timeout=20 --if-exists get open . external-ids:ovn-monitor-all | grep -q true",
    take_out="ovs-vsctl --timeout=20 remove open . external_ids ovn-monitor-all",
    seen_by={"ovn-controller/hosts_agree": "ovn-monitor-all differs: .*true on compute-2"},
)
OTHER_NAME = Defect(
    name="a-chassis-under-a-wrong-name",
    hosts="compute-1",
    put_in=f"{SET} external-ids:hostname=seeded-9",
    is_in="ovs-vsctl --timeout=20 get open . external-ids:hostname | grep -q seeded-9",
    take_out=f"{SET} external-ids:hostname=$(hostname)",
    seen_by={"ovn/chassis_alive": "compute-1 has not registered; seeded-9 has registered"},
    may_also="neutron/(agents_are_alive_and_stay|port_binds|journal)|nova-api/server_is_created"
    "|nova-.*/journal",
)
NOT_ASKED = Defect(
    name="nobody-says-what-a-host-can-reach",
    hosts="network-api-blue-1",
    put_in="systemctl stop dependency-check",
    is_in="! systemctl is-active --quiet dependency-check",
    take_out="systemctl start dependency-check",
    healed=f"curl -s -o /dev/null http://{ADDRESS}:9210/",
    seen_by={
        "neutron/dependencies_answer": "network-api-blue-1: ",
        "neutron/runs_as_declared": r"network-api-blue-1: .*dependency-check\.service is inactive: nothing",
    },
    cause="neutron/dependencies_answer",
)
DEFECTS = (PAUSED, ONE_REMOTE, ALL_FLOWS, OTHER_NAME, NOT_ASKED)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
