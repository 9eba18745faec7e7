"""Keystone under uwsgi, with memcached on the same host."""
