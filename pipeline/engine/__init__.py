"""The engine: replay, next actions, perform, append; and one file for each thing a user can ask of it."""
