"""What holds for all tests."""

import hypothesis

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile("stagegate", deadline=None)
hypothesis.settings.load_profile("stagegate")
