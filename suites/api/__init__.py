"""Tempest's tests as checks: what stands behind each, the one run, and what its stream says."""
