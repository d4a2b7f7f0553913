"""`make demo`: the whole relay on this machine, a few conversations through it, and a look at what came of them.

The broker is the one inside librdkafka: nothing to install, up in a moment, and the six services, with their groups and
pattern subscriptions, run on it as they are. Tests and bench use Apache Kafka, which can be killed and restarted.
"""

import argparse
import os
import signal
import sys

from bowchat_testkit.demo.screen import Screen

_BY_SIGNAL = 128


def main() -> None:
    """The console script. Ends with 0 when every promise was kept, 1 when not, 128 + signal when it was stopped before."""
    parser = argparse.ArgumentParser(
        prog="bowchat-demo", description="Watch conversations go there and back, on this machine alone."
    )
    parser.add_argument("--once", action="store_true", help="check the outcome and end")
    given = parser.parse_args()
    screen = Screen(sys.stdout)
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end_at_once)
    screen.greet()
    # The libraries take a second to load: the greeting comes first, and an early Ctrl-C ends without a traceback.
    from bowchat_testkit.demo.run import run  # noqa: PLC0415

    sys.exit(run(screen, once=given.once))


def _end_at_once(number: int, _: object) -> None:
    """While nothing has been started there is nothing to clear away.

    An exception would not do: one that is raised while the importer calls back, or in a finalizer, is printed and dropped.
    """
    os._exit(_BY_SIGNAL + number)
