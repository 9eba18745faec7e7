"""HAProxy in front of the services, keepalived for the address they are found at."""
