"""Checks of cinder."""
