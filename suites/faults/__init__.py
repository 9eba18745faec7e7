"""Faults: made on purpose, proved to take effect, and always undone."""
