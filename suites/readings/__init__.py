"""Readings that apply to any component: journal, clock, disk, packages."""
