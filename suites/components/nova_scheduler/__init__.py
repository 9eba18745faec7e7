"""Checks of nova-scheduler."""
