"""Placement, which tracks the free resources of compute hosts."""

from suites.harness.component import Component, units_run
from suites.hosts.places import PYTHON
from suites.readings import journal

UNITS = ("placement-api.service",)

COMPONENT = Component(
    name="placement",
    # / returns its versions.
    healthy=units_run(UNITS, 8778, "/"),
    units=UNITS,
    of_use=lambda use: use.answers("placement", "/resource_providers"),
    python=PYTHON,
    errors=journal.OSLO_ERRORS,
    clocked=UNITS,
)
