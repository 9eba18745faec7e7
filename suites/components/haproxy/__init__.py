"""Checks of haproxy."""
