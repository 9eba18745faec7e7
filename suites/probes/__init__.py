"""Clients that send requests at a fixed rate and record each answer, as a user of the stage would see it."""
