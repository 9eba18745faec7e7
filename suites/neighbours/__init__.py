"""The neighbours gate: both colours answer at once on the same data; what one writes the other reads."""
