"""The console script `bowchat-ingest`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-ingest", "bowchat_ingest.console")


if __name__ == "__main__":
    main()
