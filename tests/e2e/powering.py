"""All hosts of a stage off, as when its machine goes down: cleanly, or as in a power cut."""

import subprocess
import time
from random import Random

from checkout import Checkout

PODMAN = ("podman", "--runtime", "runc")
HOWS = {"shutdown": ("stop", "--time", "60"), "power-cut": ("kill",)}
APART_S = 1.0


def podman(*arguments: str) -> str:
    """What podman prints; its failure is an error."""
    return subprocess.run((*PODMAN, *arguments), capture_output=True, text=True, check=True).stdout


def hosts_of(checkout: Checkout, stage: str) -> list[str]:
    """The containers of a stage's hosts, the operator's included."""
    site = checkout.target(stage)["site"]
    labels = (f"label=stagegate.site={site}", f"label=stagegate.stage={stage}")
    filters = [part for label in labels for part in ("--filter", label)]
    return podman("ps", *filters, "--format", "{{.Names}}").split()


def power_off(checkout: Checkout, stage: str, how: str, seed: int) -> list[str]:
    """Take all hosts of a stage down in an order and with pauses by chance; gives the order."""
    random = Random(seed)  # noqa: S311 - an order, no secret
    order = hosts_of(checkout, stage)
    random.shuffle(order)
    assert len(order) > 1
    print(f"seed {seed}: {how} of {', '.join(order)}")  # noqa: T201 - to repeat it
    for host in order:
        subprocess.run((*PODMAN, *HOWS[how], host), check=True, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(0, APART_S))
    assert hosts_of(checkout, stage) == []
    return order
