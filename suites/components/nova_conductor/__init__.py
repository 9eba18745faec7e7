"""Checks of nova-conductor."""
