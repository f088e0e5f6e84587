"""How Hypothesis runs: no deadlines, since machines are noisy; the same examples each time in CI."""

import os

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")
