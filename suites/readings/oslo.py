"""What OpenStack's services have in common: they run on OpenStack's own Python, and log with oslo.log."""

from functools import partial

from suites.harness.component import Component
from suites.hosts.places import PYTHON
from suites.readings.journal import OSLO_ERRORS

oslo_component = partial(Component, python=PYTHON, errors=OSLO_ERRORS)
