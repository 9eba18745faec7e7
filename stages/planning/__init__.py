"""Plans the steps from the observed stage to the desired one. Pure."""
