"""What follows from samples of measurements. Pure: it knows nothing of the packages that measure."""
