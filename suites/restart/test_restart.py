"""One check for every component on every host that has it."""

from suites.harness.component import Component
from suites.hosts.host import Host
from suites.restart.fixtures import ComesBack


def test_comes_back(component: Component, host: Host, comes_back: ComesBack) -> None:
    comes_back(component, host)
