"""Faults: made on purpose, proved to bite, and undone whatever happens."""
