"""The console script `bowchat-dispatcher`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-dispatcher", "bowchat_dispatcher.console")


if __name__ == "__main__":
    main()
