"""The console script `bowchat-sla`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-sla", "bowchat_sla.console")


if __name__ == "__main__":
    main()
