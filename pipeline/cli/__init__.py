"""`promote`: one file per verb, which parses, makes one call and renders the result."""
