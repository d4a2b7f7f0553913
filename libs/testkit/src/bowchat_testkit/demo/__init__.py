"""`make demo`: the whole relay on this machine, a few conversations through it, and a look at what came of them.

The broker is the one inside librdkafka: nothing to install, up in a moment, and the six services, with their groups and
pattern subscriptions, run on it as they are. Tests and bench use Apache Kafka, which can be killed and restarted.
"""

import argparse
import signal
import sys

from bowchat_testkit.demo.screen import Screen

_INTERRUPTED = 130
_TERMINATED = 143


def main() -> None:
    """The console script. Ends with 0 when every promise was kept, 1 when not, 128 + signal when it was stopped before."""
    parser = argparse.ArgumentParser(
        prog="bowchat-demo", description="Watch conversations go there and back, on this machine alone."
    )
    parser.add_argument("--once", action="store_true", help="check the outcome and end")
    given = parser.parse_args()
    screen = Screen(sys.stdout)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        screen.greet()
        # The libraries take a second to load: the greeting comes first, and an early Ctrl-C ends without a traceback.
        from bowchat_testkit.demo.run import run  # noqa: PLC0415

        code = run(screen, once=given.once)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)
