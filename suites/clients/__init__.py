"""Client programs that run inside a stage, and how they are run there."""
