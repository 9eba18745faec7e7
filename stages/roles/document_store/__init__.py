"""The document store: MongoDB as a replica set. Unproven: see docs/operate.md."""
