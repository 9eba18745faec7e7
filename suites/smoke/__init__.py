"""Checks that apply to every component on every host that has it."""
