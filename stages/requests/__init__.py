"""The verbs of the seam, one file each, and how a request is served."""
