"""Checks of MongoDB. Unproven: they have never run against a server (docs/operate.md)."""
