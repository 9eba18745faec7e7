"""Stagegate's pipeline: what may move, when, and what happened.

Knows no OpenStack, no podman, no schema phase.
"""
