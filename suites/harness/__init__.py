"""How a check reaches what is under test, waits, and records what it saw."""
