"""Faults made on purpose: what clients see, what is lost, and proof that the fault happened."""
