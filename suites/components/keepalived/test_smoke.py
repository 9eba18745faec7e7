from collections.abc import Sequence

from suites.clients.runner import Answer
from suites.components.keepalived import addresses, vip
from suites.harness.errands import Begun, Setting, begins
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import Observation, until
from suites.seam.target import Target

CONFIG_TEST = "keepalived --config-test --use-file /etc/keepalived/keepalived.conf"
# Longer than a takeover: just after a holder's death one host has the VIP, then two.
LASTING = 1.5


@asks(CONFIG_TEST)
def test_config_is_valid(host: Host, must_hold: MustHold) -> None:
    output = host.ask(CONFIG_TEST)
    said = (output.stdout + output.stderr).strip()
    must_hold(Observation(holds=output.status == 0, seen=said or "valid"))


def test_exactly_one_holder(hosts: Sequence[Host], target: Target, must_hold: MustHold) -> None:
    must_hold(until(lambda: addresses.held(hosts, target.vip), within=6, every=0.2, lasting=LASTING))


def ask(at: Setting) -> Answer:
    return vip.ask(at.clients, at.target.endpoints)


@begins(ask)
def test_vip_answers(begun: Begun, must_hold: MustHold) -> None:
    must_hold(vip.answers(begun()))
