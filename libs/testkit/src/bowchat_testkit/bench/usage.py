"""CPU and memory of processes, as Linux accounts for them."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a process used in a span of time."""

    cpu_s: float
    """User and system time of all its threads."""
    rss_mb: float
    """Resident memory at the end."""


class Meter:
    """Measures the same processes over one span, from its making to `read`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._before = {name: _cpu_s(pid) for name, pid in pids.items()}
        self._started = time.perf_counter()
        self._busy = _machine_busy_s()

    def read(self) -> "Span":
        usages = {
            name: Usage(_cpu_s(pid) - self._before[name], _rss_mb(pid)) for name, pid in self._pids.items()
        }
        others = _machine_busy_s() - self._busy - sum(each.cpu_s for each in usages.values())
        return Span(time.perf_counter() - self._started, usages, max(0.0, others))


@dataclass(frozen=True)
class Span:
    seconds: float
    usages: Mapping[str, Usage]
    others_cpu_s: float
    """CPU that the rest of the machine used meanwhile."""

    @property
    def cpu_s(self) -> float:
        """CPU of all the measured processes."""
        return sum(each.cpu_s for each in self.usages.values())


def machine() -> str:
    """The machine in words."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    cpu = names[0] if names else platform.machine()
    system = f"Linux {'.'.join(platform.release().split('.')[:2])}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({cpu}), {memory_kb / 1024**2:.0f} GB of memory, {system}"


def _cpu_s(pid: int) -> float:
    # The name in brackets may hold spaces; the fields after it do not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _machine_busy_s() -> float:
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / _TICKS_PER_S
