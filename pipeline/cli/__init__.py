"""`promote`: one file a verb; parse, one call, render."""
