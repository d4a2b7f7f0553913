"""The console script `bowchat-router`."""

from bowchat_router.explain_cli import COMMAND as EXPLAIN
from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-router", "bowchat_router.console", {"explain": EXPLAIN})


if __name__ == "__main__":
    main()
