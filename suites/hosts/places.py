"""Ports that several checks use, and the path of OpenStack's own Python on every host of a stage."""

PYTHON = "/opt/openstack/bin/python"
BUS = 5672
REDIS, SENTINEL = 6379, 26379
REDIS_MASTER = "stagegate"  # the Sentinels' name for the master
NORTHBOUND, SOUTHBOUND = 6641, 6642
