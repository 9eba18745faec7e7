"""kill -9 of the engine in each kind of step, then `promote resume`: it ends where an unkilled run ends."""

import os
import signal
import time

import pytest
from checkout import Checkout, await_lines

pytestmark = pytest.mark.lab


def kill_when(checkout: Checkout, lines: tuple[str, ...], later: float, *arguments: str) -> None:
    """Run `promote` and kill it, as a power cut would, `later` seconds after it printed these lines in order.

    The step of the last line has begun then and is in the midst of its effect.
    """
    process = checkout.start(*arguments)
    await_lines(process, *lines)
    time.sleep(later)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def bytes_of(checkout: Checkout) -> dict[str, str]:
    """What the hosts of dev hold, as one digest a host."""
    files = (
        "/etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf /etc/mysql/mariadb.conf.d/90-stagegate.cnf"
    )
    files += " /etc/keystone/keystone.conf /etc/keystone/fernet-keys/*"
    script = f"cat {files} 2>/dev/null | sha256sum"
    return {
        host["name"]: checkout.ssh("dev", host["name"], script) for host in checkout.target("dev")["hosts"]
    }


@pytest.mark.parametrize(
    ("line", "later"),
    [
        pytest.param("building the host image", 0.5, marks=pytest.mark.prove),
        pytest.param("begin host/database-1", 0.4, marks=pytest.mark.prove),
        ("begin cluster/database-1", 0.7),
        pytest.param("begin schema/keystone:", 1.5, marks=pytest.mark.prove),
        pytest.param("gate smoke begins", 2.0, marks=pytest.mark.prove),
    ],
    ids=["image", "hosts", "cluster", "schema", "gate"],
)
def test_a_killed_run_is_taken_up_where_it_was(dev: Checkout, line: str, later: float) -> None:
    """Each case begins with no host in dev, so that every kind of step is there to be killed in."""
    dev.promote("lab", "down", "--stage", "dev", expect=0)
    # Of another release each; only a kill of the build needs an image of its own.
    place = "stages/machine/images/sshd.conf" if "image" in line else "README.md"
    with (dev.path / place).open("a") as file:
        file.write(f"# For {line}\n")
    dev.commit(f"Another release, killed at {line}")
    kill_when(dev, (line,), later, "--stage", "dev")
    dev.promote("resume", expect=0)
    last = dev.history()[-1]
    assert last["outcome"] == "verified"
    resumed = bytes_of(dev)
    dev.promote("--stage", "dev", expect=0)
    assert bytes_of(dev) == resumed, "an unkilled promotion of the same release finds nothing to change"


def test_a_rollback_that_was_killed_is_taken_up(dev: Checkout) -> None:
    good = dev.history()[-1]["alias"]
    suite = dev.path / "suites/components/galera/test_smoke.py"
    suite.write_text(suite.read_text() + "\n\ndef test_nothing_is_good_enough() -> None:\n    assert False\n")
    dev.edit("config/roles.yaml", "max_connections: 2000", "max_connections: 1002")
    dev.commit("A release that no gate lets through")
    kill_when(dev, ("a rollback of", "begin manifest/database-1"), 0.5, "--stage", "dev")
    resumed = dev.promote("resume", expect=3)
    assert "nothing_is_good_enough" in resumed.err
    assert (dev.history()[-1]["alias"], dev.history()[-1]["outcome"]) == (good, "rolled_back")
    assert "2000" in dev.ssh("dev", "database-1", "mariadb -e 'SELECT @@max_connections'")


@pytest.mark.prove
def test_ctrl_c_ends_the_step_records_and_gives_the_lease_back(dev: Checkout) -> None:
    dev.promote("lab", "down", "--stage", "dev", expect=0)
    good = dev.history()[-1]["alias"]
    process = dev.start("--stage", "dev", "--release", good)
    await_lines(process, "begin manifest")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "promote resume" in err
    dev.promote("resume", expect=0)
