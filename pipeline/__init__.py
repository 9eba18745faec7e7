"""Stagegate's pipeline: decides what may move and when, and records what happened.

It knows nothing of OpenStack, podman or schema phases.
"""
