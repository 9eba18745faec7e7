"""Glance, with a cache of images on each host, over an object store that is not its own."""
