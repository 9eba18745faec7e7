"""nova-compute, which makes servers on its host."""

from suites.harness.component import Component, units_run
from suites.hosts.places import PYTHON
from suites.readings import journal

UNITS = ("nova-compute.service",)

COMPONENT = Component(
    name="nova-compute",
    # Whether Nova hears of it is what nova-api's services_are_up_and_stay asks.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-compute"),
    python=PYTHON,
    errors=journal.OSLO_ERRORS,
    clocked=UNITS,
)
