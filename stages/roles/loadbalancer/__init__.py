"""HAProxy in front of the services, keepalived for the VIP."""
