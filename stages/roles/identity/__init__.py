"""Keystone under uwsgi, with a memcached beside it."""
