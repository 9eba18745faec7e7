"""Where hosts come from: one file per substrate."""
