"""The console script `bowchat-masker`."""

from bowchat_runtime.cli import enter


def main() -> None:
    """Run the command line, and exit with its code."""
    enter("bowchat-masker", "bowchat_masker.console", {"mask": "bowchat_masker.mask_command"})


if __name__ == "__main__":
    main()
