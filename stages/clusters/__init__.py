"""What roles share whose hosts form a cluster by themselves."""
