"""How often a process looks for cycles of garbage."""

import gc


def collect_seldom() -> None:
    """What was loaded stays, and is not looked through again. The defaults look hundreds of times a second, through all of
    it; there are few cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
