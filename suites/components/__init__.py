"""One folder per component: when it is healthy, what belongs to it, and its own checks."""
