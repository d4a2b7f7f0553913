"""The fixtures that every test of the repository may ask for, and how Hypothesis tries examples."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["bowchat_testkit.plugin"]

# How long an example takes is no promise: the machine may be busy with other tests.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
