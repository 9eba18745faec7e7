"""Checks of Swift."""
