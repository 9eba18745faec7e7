"""Finds what the migrations between two OpenStack releases drop, delete or tighten, for a person to review.

__main__.py     the command; review_file.py writes its file (stages/machine/images/reviews.py reads it)
scripts.py      the migration scripts of a release, as its packages have them
comparing.py    which of them are new, and how a review that a person completed is renewed
operations.py   what one script does besides adding; statements.py: what its SQL does; syntax.py: its calls
"""
