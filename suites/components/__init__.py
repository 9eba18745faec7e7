"""One folder a component: how it is healthy, what it owns, and the checks that only it has."""
