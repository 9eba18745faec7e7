"""Where things are on every host of a stage: ports that several checks know, and OpenStack's own Python."""

PYTHON = "/opt/openstack/bin/python"
BUS = 5672
REDIS, SENTINEL = 6379, 26379
REDIS_MASTER = "stagegate"  # by this name sentinels know the master
NORTHBOUND, SOUTHBOUND = 6641, 6642
