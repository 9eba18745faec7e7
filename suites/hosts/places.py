"""Ports that several checks use, and OpenStack's own Python, which every host of a stage has."""

import shlex

PYTHON = "/opt/openstack/bin/python"
BUS, DATABASE = 5672, 3306
REDIS, SENTINEL = 6379, 26379
REDIS_MASTER = "stagegate"  # the Sentinels' name for the master
NORTHBOUND, SOUTHBOUND = 6641, 6642


def in_python(program: str, *arguments: str) -> str:
    """Return the script that runs a program in OpenStack's own Python."""
    return shlex.join([PYTHON, "-I", "-c", program, *arguments])
