"""How many examples are drawn: a few in `make check`, many in `make prove`."""

import os

from hypothesis import settings

MORE = int(os.environ.get("STAGEGATE_EXAMPLES", "1"))  # times as many as in `make check`


def examples(number: int) -> settings:
    """Draw so many examples, where each of them takes long; without it a test draws Hypothesis' hundred."""
    return settings(max_examples=number * MORE)
