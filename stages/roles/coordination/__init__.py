"""The role coordination: Redis and Sentinel."""
