"""The final gate: smoke's checks once more after all other gates, and what the stage has, as before them."""
