"""A compute host: nova-compute with the fake driver, and the ends of the network that OVN makes."""
