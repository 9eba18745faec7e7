"""Checks of glance."""
