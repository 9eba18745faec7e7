"""Faults on purpose: what a client sees, what is lost, and proof that it happened."""
