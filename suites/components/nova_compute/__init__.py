"""Checks of nova-compute."""
