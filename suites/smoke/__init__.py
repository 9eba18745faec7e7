"""Checks that hold for every component on every host that carries it."""
