"""The core aggregate alone, beside other engines: what each token did on each day.

Requests, successes, the first and the last moment of each token and day, from the same files, by
DuckDB under 2 GB of memory and, where they are installed (dependency group ``bench``), by Polars,
streaming, and by chDB. At a billion rows only the columns that are read are written.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.measure import BenchError, Measured, Spread, measure
from bench.peer import LOG, files_of
from bench.requests import CORE, Program
from bench.text import spread, table
from orchestration.landing.secrets import literal

# What DuckDB counts against it is not all that the process holds; the rest needs room below 2 GB.
MEMORY_LIMIT = "1200MB"
GOAL_BYTES = 2_000_000_000
_EVERY_COLUMN_UP_TO = 20_000_000


def run(
    scratch: Path, *, rows: int, repeat: int, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measures the aggregate by each engine that is installed.

    Args:
        scratch: folder for the rows; those found in it are used again.
        rows: requests in two years.
        repeat: rounds.
        progress: is told what is being done.

    Returns:
        The figures, see ``show``.

    Raises:
        BenchError: an engine failed, or two of them differ.
    """
    few = rows > _EVERY_COLUMN_UP_TO
    progress(f"{rows:,} requests for the core aggregate ...")
    program = Program(
        scratch / (f"core-{rows}" if few else f"scale-{rows}"), rows, CORE if few else None
    )
    program.provide()
    data = str(program.data)
    engines: dict[str, Callable[..., list[int]]] = {"duckdb": by_duckdb}
    for name, function in {"polars": by_polars, "chdb": by_chdb}.items():
        if importlib.util.find_spec(name):
            engines[name] = function
    measured: dict[str, list[Measured]] = {name: [] for name in engines}
    for number in range(repeat):
        for name in list(engines)[:: -1 if number % 2 else 1]:
            once = measure(engines[name], data)
            measured[name].append(once)
            progress(f"core, round {number + 1} of {repeat}, {name}: {once.cpu_seconds:.1f} CPU s")
    answers = {name: each[-1].value for name, each in measured.items()}
    if len({tuple(answer) for answer in answers.values()}) > 1:
        raise BenchError(f"The engines differ in the core aggregate: {answers}.")
    return {
        "rows": rows,
        "repeat": repeat,
        "token_days": answers["duckdb"][0],
        "measured": {
            name: {
                "cpu_seconds": asdict(Spread.of([once.cpu_seconds for once in each])),
                "wall_seconds": asdict(Spread.of([once.wall_seconds for once in each])),
                "peak_bytes": max(once.highest_bytes for once in each),
            }
            for name, each in measured.items()
        },
    }


def show(found: Mapping[str, Any]) -> str:
    """The figures of ``run`` as text."""
    return "\n".join(
        [
            f"\nThe core aggregate of {found['rows']:,} requests, {found['token_days']:,} tokens "
            f"and days; medians of {found['repeat']} rounds (lowest-highest). "
            f"DuckDB may use {MEMORY_LIMIT}; the goal is a peak of 2,000 MB.",
            "",
            table(
                ("engine", "CPU seconds", "seconds", "peak MB"),
                [
                    (
                        name,
                        spread(Spread(**figures["cpu_seconds"])),
                        spread(Spread(**figures["wall_seconds"])),
                        f"{figures['peak_bytes'] / 1e6:,.0f}",
                    )
                    for name, figures in found["measured"].items()
                ],
            ),
        ]
    )


# -- In a process of its own -----------------------------------------------------------------------
# Each answers tokens and days, requests and successes.


def by_duckdb(data: str) -> list[int]:
    """DuckDB, under ``MEMORY_LIMIT``, spilling beside the data."""
    import duckdb

    listed = ", ".join(map(literal, files_of(data, LOG)))
    with duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": os.cpu_count() or 1,
            "temp_directory": f"{data}/spill",
            "preserve_insertion_order": False,
        }
    ) as connection:
        return [
            int(value)
            for value in connection.execute(
                "select count(*), sum(requests), sum(successes) from (select token_id, "
                "requested_at::date as day, count(*) as requests, "
                "sum((status_code between 200 and 299)::int) as successes, "
                "min(requested_at) as first_at, max(requested_at) as last_at "
                f"from read_parquet([{listed}]) group by all) as token_days "
                # Without it nobody would need the moments.
                "where first_at <= last_at"
            ).fetchone()
        ]


def by_polars(data: str) -> list[int]:
    """Polars' streaming engine."""
    import polars

    at = polars.col("requested_at")
    token_days = (
        polars.scan_parquet(files_of(data, LOG))
        .group_by("token_id", at.dt.date().alias("day"))
        .agg(
            polars.len().alias("requests"),
            polars.col("status_code").is_between(200, 299).sum().alias("successes"),
            at.min().alias("first_at"),
            at.max().alias("last_at"),
        )
        .filter(polars.col("first_at") <= polars.col("last_at"))
        .select(
            polars.len().alias("token_days"),
            polars.col("requests").sum(),
            polars.col("successes").sum(),
        )
        .collect(engine="streaming")
    )
    return [int(value) for value in token_days.row(0)]


def by_chdb(data: str) -> list[int]:
    """chDB, which is ClickHouse in a process."""
    import chdb

    # The empty batch has no rows that could change anything.
    answered = chdb.query(
        "select count(), sum(requests), sum(successes) from (select token_id, "
        "toDate32(requested_at) as day, count() as requests, "
        "countIf(status_code between 200 and 299) as successes, min(requested_at) as first_at, "
        f"max(requested_at) as last_at from file('{data}/raw/batches/2*/{LOG}/*.parquet', Parquet) "
        f"group by token_id, day) where first_at <= last_at settings max_threads={os.cpu_count()}",
        "CSV",
    )
    return [int(value) for value in str(answered).strip().split(",")]
