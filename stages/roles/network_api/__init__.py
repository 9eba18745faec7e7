"""Neutron's API and its workers, over OVN."""
