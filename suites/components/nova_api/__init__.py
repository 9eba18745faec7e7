"""Checks of nova-api."""
