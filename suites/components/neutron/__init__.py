"""Checks of neutron."""
