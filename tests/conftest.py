"""Settings for the whole suite."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# What one run keeps must not decide another, nor stand in the folder of who runs the tests.
os.environ["SLUICEGATE_CACHE"] = "off"

# Loaded machines are slow, not wrong. Continuous integration repeats the same examples, so that a
# red run is about the change; laptops go on looking.
settings.register_profile("laptop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("laptop"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "laptop")
