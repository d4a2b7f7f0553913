"""The console script `bowchat-router`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-router", "bowchat_router.console", {"explain": "bowchat_router.explain_cli"})


if __name__ == "__main__":
    main()
