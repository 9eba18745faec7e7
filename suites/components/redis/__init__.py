"""Checks of Redis and Sentinel."""
