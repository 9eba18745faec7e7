"""Hosts of a stage: asked over ssh, read, waited for."""
