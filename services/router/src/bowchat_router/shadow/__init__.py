"""`bowchat-router shadow`: what a new version of the registry would have changed over the log, before it is activated."""

from bowchat_router.shadow.cli import configure_shadow, run_shadow

__all__ = ["configure_shadow", "run_shadow"]
