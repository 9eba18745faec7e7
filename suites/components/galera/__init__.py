"""Checks of galera."""
