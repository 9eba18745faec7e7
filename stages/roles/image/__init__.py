"""Glance, with an image cache on each host and an external object store."""
