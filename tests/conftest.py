"""What every test shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "rustfix_mem.testing.plugin"]

# Cargo builds beside the tests: how slow a machine is says nothing of the code. The same
# examples each time, so that a red run can be run again.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
