"""Clients that ask at a fixed pace and write down each answer: what a user of the stage would see."""
