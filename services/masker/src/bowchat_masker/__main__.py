"""The console script `bowchat-masker`."""

import sys
from importlib import import_module

from bowchat_masker.mask_command import COMMAND as MASK
from bowchat_runtime.cli import run


def main() -> None:
    """Run the command line, and exit with its code.

    Trying the masking on texts needs nothing of the service, and starts several times as fast without it.
    """
    if sys.argv[1:2] == ["mask"]:
        sys.exit(run("bowchat-masker", "Masks texts.", serve=_nothing, commands={"mask": MASK}))
    import_module("bowchat_masker.console").main()


def _nothing() -> None:
    raise AssertionError("a command was named")


if __name__ == "__main__":
    main()
