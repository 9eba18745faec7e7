"""Checks of OVN's control plane."""
