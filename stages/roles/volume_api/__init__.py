"""Cinder's API and scheduler."""
