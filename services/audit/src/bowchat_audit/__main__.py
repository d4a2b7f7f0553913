"""The console script `bowchat-audit`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-audit", "bowchat_audit.console")


if __name__ == "__main__":
    main()
