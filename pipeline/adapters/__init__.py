"""One file a port and a technology."""
