"""Tempest's tests as checks: which tests each check has, their single run, and its result stream."""
