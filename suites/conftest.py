"""Gives pytest the suites' hooks and fixtures."""

from suites.api.fixtures import tempest, tempest_passes
from suites.failover.fixtures import drill, survives
from suites.harness.collection import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_pycollect_makemodule,
)
from suites.harness.fixtures import (
    begun,
    clients,
    component,
    cost,
    drilled,
    early,
    errands,
    fleet,
    gathering,
    host,
    hosts,
    into,
    last_gathering,
    must_hold,
    progress,
    report_early,
    retaken,
    seen,
    target,
)
from suites.harness.leased import lease
from suites.load.fixtures import load, loads, under_load_holds
from suites.neighbours.fixtures import (
    check_name,
    crossing,
    judging,
    making,
    pair,
    run_name,
    telling,
    versions_meet,
)
from suites.openstack.services import service_watch
from suites.readings.inventory_fixtures import listed, listing_api, note, noted
from suites.restart.fixtures import comes_back, restarts
from suites.smoke.fixtures import round_trips
