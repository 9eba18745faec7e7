"""nova-compute, which creates servers on its host."""

from suites.harness.component import Component, units_run
from suites.hosts.places import PYTHON
from suites.readings import journal

UNITS = ("nova-compute.service",)

COMPONENT = Component(
    name="nova-compute",
    # nova-api's services_are_up_and_stay checks whether Nova sees it.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=lambda use: use.reported("compute", "nova-compute"),
    python=PYTHON,
    errors=journal.OSLO_ERRORS,
    clocked=UNITS,
)
