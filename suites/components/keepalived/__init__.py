"""Checks of keepalived."""
