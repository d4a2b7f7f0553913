"""A demo that is told to end before it has started anything ends, whatever Python does at that moment."""

import signal
import subprocess
import sys

import pytest

LOADED_LATE = """
import os, sys, types
from bowchat_testkit import demo

class Garbage:
    def __del__(self):
        os.kill(os.getpid(), {number})
        for _ in range(1000):
            pass

class Loading(types.ModuleType):
    def __getattr__(self, name):
        Garbage()
        return lambda screen, once: 0

sys.modules["bowchat_testkit.demo.run"] = Loading("bowchat_testkit.demo.run")
sys.argv = ["bowchat-demo"]
demo.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_not_lost_in_a_finalizer(number: signal.Signals) -> None:
    """Python drops what is raised there, so that the demo would go on for ever."""
    ended = subprocess.run(
        ["env", "--default-signal=INT", sys.executable, "-c", LOADED_LATE.format(number=int(number))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 128 + number, ended.stderr
    assert "Traceback" not in ended.stderr
