"""What a stage is made of and how it changes; usable alone as `python -m stages`."""
