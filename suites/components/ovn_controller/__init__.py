"""Checks of ovn-controller."""
