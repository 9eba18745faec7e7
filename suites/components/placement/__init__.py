"""Checks of placement."""
