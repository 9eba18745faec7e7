"""The pytest side of the suites: collection, fixtures, recorder, the run of a gate."""
