"""The engine: the loop (replay, decide, perform, append), and one file per thing a user can ask for."""
