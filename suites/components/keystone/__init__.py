"""Checks of keystone."""
