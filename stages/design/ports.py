"""Ports that one role listens on and another connects to, each defined once."""

from enum import IntEnum


class Port(IntEnum):
    """TCP ports; templates know them as `Port.NAME`."""

    DATABASE = 3306
    IDENTITY = 5000
    BUS = 5672
    REDIS = 6379
    NORTHBOUND = 6641
    SOUTHBOUND = 6642
    OBJECT_STORE = 8080
    PLACEMENT = 8778
    GALERA_CHECK = 9200  # as in galera-member, which can't import it
    DEPENDENCY_CHECK = 9210
    IMAGE = 9292
    MEMCACHED = 11211
    SENTINEL = 26379
