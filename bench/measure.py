"""Measuring one call in a fresh process: seconds, CPU seconds and peak memory.

A fresh process for each call, because the peak of a process never falls again and because caches
of an earlier call would speed up the next one.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import PROJECT

_SAMPLED_EVERY = 0.2  # seconds between two looks at a process and its children


class BenchError(Exception):
    """A benchmark cannot go on; the message is one sentence for the person who runs it."""


@dataclass(frozen=True)
class Measured:
    """One call in a process of its own.

    Attributes:
        value: what the function returned.
        wall_seconds: from the call to its return; start of the process and imports excluded.
        cpu_seconds: user and system time of all threads meanwhile, and of ended child processes.
        peak_bytes: highest resident memory of the process, the interpreter and DuckDB's code
            included (60 to 80 MB before the first row).
        tree_peak_bytes: highest sum over the process and its descendants, sampled; memory that
            they share counts once for each. 0 where the system has no /proc.
    """

    value: Any
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    tree_peak_bytes: int

    @property
    def highest_bytes(self) -> int:
        """What a machine must have for it: the peak with child processes, where there are any."""
        return max(self.peak_bytes, self.tree_peak_bytes)


@dataclass(frozen=True)
class Spread:
    """Median of several measurements, with the lowest and the highest."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of one or more values."""
        return cls(statistics.median(values), min(values), max(values))


def measure(
    function: Callable[..., Any],
    *arguments: Any,
    watch: Callable[[dict[int, int]], None] | None = None,
) -> Measured:
    """Calls a function in a fresh process and measures the call.

    Args:
        function: of a module that can be imported; its arguments and its value have to pass
            through JSON.
        arguments: passed by position.
        watch: called five times a second with the resident bytes of each process by its id, the
            called one first.

    Raises:
        BenchError: the function raised, or the process was killed.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as answer:
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.measure", name, json.dumps(arguments), str(writing)],
            cwd=PROJECT,
            pass_fds=[writing],
        )
        os.close(writing)
        tree_peak = 0
        try:
            while True:
                # An answer fits into the pipe, so the process ends without anybody reading.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_SAMPLED_EVERY)
                    break
                resident = resident_bytes(child.pid)
                tree_peak = max(tree_peak, sum(resident.values()))
                if watch:
                    watch(resident)
        except BaseException:
            child.kill()
            child.wait()
            raise
        text = answer.read()
    if not text:
        raise BenchError(f"{name} ended with {child.returncode} and no answer.")
    answered = json.loads(text)
    if "error" in answered:
        raise BenchError(f"{name} failed: {answered['error']}")
    return Measured(**answered, tree_peak_bytes=tree_peak)


def resident_bytes(process: int) -> dict[int, int]:
    """Resident memory of a process and of its descendants by their ids; empty without /proc."""
    found: dict[int, int] = {}
    waiting = [process]
    while waiting:
        folder = Path("/proc", str(waiting.pop(0)))
        # A process may end between two looks.
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int((folder / "statm").read_text().split()[1])
            found[int(folder.name)] = pages * os.sysconf("SC_PAGE_SIZE")
            for thread in (folder / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
    return found


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code, and the commit of the code."""
    return {
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "processor": _processor(),
        "system": platform.platform(),
        "load_average": list(os.getloadavg()),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "git_commit": _git("rev-parse", "HEAD"),
        "git_is_clean": _git("status", "--porcelain", "--untracked-files=no") == "",
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _processor() -> str | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or None


def _git(*arguments: str) -> str | None:
    """What git answers; None without git or outside of a checkout."""
    try:
        return subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


# -- In the fresh process --------------------------------------------------------------------------


def _answer(name: str, arguments: Sequence[Any]) -> dict[str, Any]:
    module, _, function = name.partition(":")
    called = getattr(importlib.import_module(module), function)
    cpu, wall = _cpu_seconds(), time.perf_counter()
    value = called(*arguments)
    wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    return {
        "value": value,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "peak_bytes": _peak_bytes(),
    }


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _peak_bytes() -> int:
    # Linux starts ru_maxrss of a new program with the peak of the process that started it;
    # VmHWM is the program's own.
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _main() -> None:
    name, arguments, descriptor = sys.argv[1:]
    try:
        answer = _answer(name, json.loads(arguments))
    except Exception as error:
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"[:2_000]}
    with os.fdopen(int(descriptor), "w", encoding="utf-8") as opened:
        json.dump(answer, opened)


if __name__ == "__main__":
    _main()
