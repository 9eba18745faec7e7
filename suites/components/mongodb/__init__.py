"""Checks of MongoDB. Unproven: they never saw a server (docs/operate.md)."""
