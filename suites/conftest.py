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
    clients,
    component,
    drilled,
    fleet,
    host,
    hosts,
    into,
    must_hold,
    progress,
    seen,
    target,
)
from suites.harness.service_watch import service_watch

__all__ = [
    "clients",
    "component",
    "drill",
    "drilled",
    "fleet",
    "host",
    "hosts",
    "into",
    "must_hold",
    "progress",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_pycollect_makemodule",
    "seen",
    "service_watch",
    "survives",
    "target",
    "tempest",
    "tempest_passes",
]
