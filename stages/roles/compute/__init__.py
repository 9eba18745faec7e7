"""A compute host: nova-compute with the fake driver, and its part of OVN's network."""
