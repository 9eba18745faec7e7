"""The host image as code: what it is made of, and how it is made."""
