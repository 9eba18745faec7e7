"""Where hosts come from: one file a substrate."""
