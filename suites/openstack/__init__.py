"""What clients of OpenStack services share."""
