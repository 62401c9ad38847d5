"""The models at scale: beside one hand-written script, beside a mere scan, and in increments.

All of one run, on rows that ``bench.requests`` makes up:

    scan        the highest of three columns of the log: token_id, requested_at, status_code
    peer        bench/peer.sql: the same three facts by hand; THE HEADLINE is the ratio to it
    facts       dbt run of the three facts with all they are built on
    marts       dbt run of everything

Each is a process of its own. They run in turns, and every other round in the other order; ratios
are taken within a round, of CPU seconds, and the median of the rounds is shown. What dbt needs to
start and to build every model of nothing is measured in each round, over an empty raw/, and taken
off; it stands beside the figures, as the tests of the data do. Rows that differ between the script
and the models end the run.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import increments
from bench.builds import (
    ALL_MODELS,
    DATA_TESTS,
    PARSE,
    THREE_FACTS,
    Warehouse,
    empty_folder,
    longest,
)
from bench.measure import BenchError, Measured, Spread, measure
from bench.peer import FACTS, LOG, files_of, refuse_differences, run_peer, scan
from bench.requests import Program
from bench.text import spread, table

MEMORY_LIMIT = "1200MB"  # of the script, as dbt's in profiles.yml
PARTS = ("facts", "marts", "increments")
# Ratios of CPU seconds that are not to be exceeded, at 200 M rows.
GOALS = {"facts/peer": 1.1, "facts/scan": 6.0, "marts/facts": 1.6}
# A gigabyte for ten million rows, with the warehouse and its copies.
_BYTES_PER_ROW = 100


def run(
    scratch: Path,
    *,
    sizes: Sequence[int],
    parts: Sequence[str] = PARTS,
    repeat: int,
    daily: int = 0,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Measures every part at each size.

    Args:
        scratch: folder for rows and databases; rows found in it are used again.
        sizes: requests in two years, the smallest first.
        parts: of ``PARTS``.
        repeat: rounds.
        daily: increments of a day, one after the other, at the smallest size.
        progress: is told what is being done.

    Returns:
        The figures, see ``show``: CPU and wall seconds, bytes, ratios.

    Raises:
        BenchError: a build failed, there is too little disk, or rows differ.
    """
    empty = Warehouse(empty_folder(scratch / "scale-empty"))
    progress("Loading the lists into an empty warehouse ...")
    empty.seed()
    found: dict[str, Any] = {"repeat": repeat, "threads": os.cpu_count(), "sizes": []}
    for size in sizes:
        _ask_for_disk(scratch, size)
        progress(f"{size:,} requests: writing them into raw/ ...")
        program = Program(scratch / f"scale-{size}", size)
        program.provide()
        figures = _measure_builds(program, empty, parts, repeat, progress)
        if "increments" in parts:
            days = daily if size == sizes[0] else 0
            figures["increments"] = increments.run(
                scratch, program, empty, days, _median(figures, "marts", "facts"), progress
            )
        found["sizes"].append(figures)
    found["start_up"] = _measure_start_up(empty, progress)
    found["slope"] = slope(found["sizes"])
    return found


def _ask_for_disk(scratch: Path, size: int) -> None:
    free = shutil.disk_usage(scratch).free
    if size * _BYTES_PER_ROW > free and not (scratch / f"scale-{size}").exists():
        raise BenchError(
            f"{size:,} requests need about {size * _BYTES_PER_ROW / 1e9:.0f} GB, and {scratch} has "
            f"{free / 1e9:.0f} GB left; name another --folder or fewer rows."
        )


def _measure_builds(
    program: Program,
    empty: Warehouse,
    parts: Sequence[str],
    repeat: int,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    data = str(program.data)
    warehouse = Warehouse(program.data)
    warehouse.seed()
    peer = str(program.data / "dev" / "peer.duckdb")
    runs: dict[str, Callable[[], Measured]] = {
        "scan": lambda: measure(scan, data),
        "peer": lambda: measure(run_peer, data, peer, MEMORY_LIMIT),
        "facts": lambda: warehouse.measure(THREE_FACTS, "seeded"),
        "facts of nothing": lambda: empty.measure(THREE_FACTS, "seeded"),
    }
    if "marts" in parts or "increments" in parts:
        runs |= {
            "marts": lambda: warehouse.measure(ALL_MODELS, "seeded"),
            "marts of nothing": lambda: empty.measure(ALL_MODELS, "seeded"),
        }
    measured: dict[str, list[Measured]] = {name: [] for name in runs}
    for number in range(repeat):
        for name in list(runs)[:: -1 if number % 2 else 1]:
            once = runs[name]()
            measured[name].append(once)
            progress(
                f"{program.rows:,}: round {number + 1} of {repeat}, {name}: "
                f"{once.cpu_seconds:.1f} CPU s, {once.wall_seconds:.1f} s"
            )
            if name in {"facts", "marts"} and number == 0:
                refuse_differences(peer, str(warehouse.file))
    cpu = {name: [once.cpu_seconds for once in each] for name, each in measured.items()}
    for name in ("facts", "marts"):
        if name in cpu:
            cpu[name] = [
                full - nothing
                for full, nothing in zip(cpu[name], cpu[f"{name} of nothing"], strict=True)
            ]
    return {
        "requests": program.rows,
        "raw_bytes": sum(Path(file).stat().st_size for file in files_of(data, LOG)),
        "token_weeks": warehouse.rows(f"marts.{FACTS[0]}"),
        "measured": {
            name: {
                "cpu_seconds": asdict(Spread.of(cpu[name])),
                "wall_seconds": asdict(Spread.of([once.wall_seconds for once in each])),
                "peak_bytes": max(once.highest_bytes for once in each),
            }
            for name, each in measured.items()
        },
        "longest": longest(measured["facts"][-1].value),
        "ratios": {
            name: asdict(Spread.of([a / b for a, b in zip(cpu[above], cpu[below], strict=True)]))
            for name in GOALS
            for above, below in [name.split("/")]
            if above in cpu
        },
    }


def _measure_start_up(empty: Warehouse, progress: Callable[[str], None]) -> dict[str, float]:
    """CPU seconds of what a run pays before and after the models."""
    progress("Parsing the project, testing an empty warehouse ...")
    empty.measure(ALL_MODELS, "seeded")  # the tests look at all of them
    return {
        "dbt parse": empty.measure(PARSE).cpu_seconds,
        "data tests of nothing": empty.measure(DATA_TESTS).cpu_seconds,
    }


def _median(figures: Mapping[str, Any], *names: str) -> dict[str, float]:
    return {name: figures["measured"][name]["cpu_seconds"]["median"] for name in names}


def slope(sizes: Sequence[Mapping[str, Any]]) -> float | None:
    """How CPU seconds of the three facts grow with the requests, as a power of them; None for one
    size.

    Of the smallest and the largest: 1 is in proportion.
    """
    if len(sizes) < 2:
        return None
    (few, less), (many, more) = (
        (each["requests"], each["measured"]["facts"]["cpu_seconds"]["median"])
        for each in (sizes[0], sizes[-1])
    )
    return math.log(max(more, 0.01) / max(less, 0.01)) / math.log(many / few)


# -- Showing ---------------------------------------------------------------------------------------


def show(found: Mapping[str, Any]) -> str:
    """The figures of ``run`` as text."""
    lines = []
    for size in found["sizes"]:
        lines += [
            f"{size['requests']:,} requests of two years ({size['raw_bytes'] / 1e9:.2f} GB of "
            f"Parquet), {size['token_weeks']:,} active tokens and weeks; medians of "
            f"{found['repeat']} rounds (lowest-highest). The rows of the three facts are the same.",
            "",
            table(
                ("what", "CPU seconds", "seconds", "peak MB"),
                [
                    (
                        f"{name}, start-up excluded" if name in {"facts", "marts"} else name,
                        spread(Spread(**figures["cpu_seconds"])),
                        spread(Spread(**figures["wall_seconds"])),
                        f"{figures['peak_bytes'] / 1e6:,.0f}",
                    )
                    for name, figures in size["measured"].items()
                ],
            ),
            "",
            table(
                ("ratio of CPU seconds", "measured", "goal at 200 M"),
                [
                    (name, spread(Spread(**ratio)), f"{GOALS[name]:.1f}")
                    for name, ratio in size["ratios"].items()
                ],
            ),
            "",
            "The longest models (seconds): "
            + ", ".join(f"{name} {seconds:.1f}" for name, seconds in size["longest"].items()),
            "",
        ]
        if "increments" in size:
            lines += [increments.show(size["increments"]), ""]
    lines.append(
        "CPU seconds besides: "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in found["start_up"].items())
    )
    if found["slope"] is not None:
        lines.append(f"Slope of CPU seconds over requests, log-log: {found['slope']:.2f}")
    return "\n".join(lines)
