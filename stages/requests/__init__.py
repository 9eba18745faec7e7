"""The verbs of the seam, one file each, and the code that serves requests."""
