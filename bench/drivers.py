"""What moved the metrics, of many active tokens: what it costs to take every change apart.

The program is made up in SQL: tokens that come, fall silent and come back over two years, one
request for each week in which they are active. Landing is not measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import measure
from bench.program import build, provide
from bench.text import table

WEEKS = 104
# Each begins in any of the weeks and is active in every other one.
ACTIVE_WEEKS_OF_A_TOKEN = WEEKS / 4

PROGRAM = {
    "crm/companies": """
        select
            'c' || number as company_id,
            'Company ' || number as name,
            [3, 20, 100, 500, 3000, 9000, null][1 + (hash(number, 'size') % 7)::int]
                as employee_count,
            ['software', 'banking', 'retail', 'health', 'media', null]
                [1 + (hash(number, 'industry') % 6)::int] as industry,
            ['free', 'team', 'enterprise'][1 + (hash(number, 'plan') % 3)::int] as plan,
            timestamp '2023-12-01' as created_at
        from range({tokens} // 5) as numbers (number)
    """,
    "developer_portal/developers": """
        select
            'd' || number as developer_id,
            timestamp '2023-12-25' as signed_up_at,
            'c' || hash(number, 'company') % greatest({tokens} // 5, 1) as company_id,
            ['US', 'US', 'US', 'IN', 'DE', 'GB', 'FR', 'BR', 'JP', null]
                [1 + (hash(number, 'country') % 10)::int] as country,
            ['google', 'newsletter', 'facebook', null][1 + (hash(number, 'channel') % 4)::int]
                as utm_source,
            ['organic', 'email', 'paid_social', null][1 + (hash(number, 'channel') % 4)::int]
                as utm_medium
        from range({tokens} // 2) as numbers (number)
    """,
    "developer_portal/api_tokens": """
        select
            't' || number as token_id,
            'd' || number // 2 as developer_id,
            timestamp '2023-12-26' as created_at
        from range({tokens}) as numbers (number)
    """,
    "api_gateway/api_requests": """
        select
            'r' || token.number || '-' || week.number as request_id,
            't' || token.number as token_id,
            timestamp '2024-01-02' + to_days((7 * week.number)::int) as requested_at,
            '/v1/orders' as endpoint,
            200 as status_code,
            ['north-star-python/2.1', 'north-star-node/1.4', 'north-star-go/0.9', 'curl/8.5']
                [1 + (hash(token.number, 'sdk') % 4)::int] as user_agent
        from range({tokens}) as token (number)
        cross join range({weeks}) as week (number)
        where
            week.number >= hash(token.number, 'first') % {weeks}
            and hash(token.number, week.number) % 2 = 0
        union all
        select 'last', null, timestamp '2026-01-12', '/v1/orders', 401, null
    """,
}
STEPS = (
    *("int_week_comparisons", "int_unit_weeks", "int_unit_changes", "int_segment_flows"),
    *("int_count_changes", "int_segment_rates", "int_rate_changes", "int_contributions"),
    *("int_usual_changes", "int_contributions_ranked"),
    *("fct_north_star_changes_weekly", "fct_north_star_drivers_weekly"),
)
COUNTS = {
    "token_weeks": "intermediate.int_token_weeks_described",
    "unit_changes": "intermediate.int_unit_changes",
    "drivers": "marts.fct_north_star_drivers_weekly",
}
DIMENSIONS = (
    *("company_size_band", "industry", "plan", "country", "channel"),
    *("github_stars_band", "sdk", "language", "client_kind", "api"),
)


def run(scratch: Path, *, token_weeks: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Builds the drivers of a program of about so many active tokens and weeks, and a baseline.

    Args:
        scratch: folder for rows and databases.
        token_weeks: active tokens, summed over the weeks.
        progress: is told what is being done.

    Returns:
        The figures, see ``show``.

    Raises:
        BenchError: a build failed.
    """
    tokens = max(round(token_weeks / ACTIVE_WEEKS_OF_A_TOKEN), 10)
    data = scratch / f"drivers-{tokens}"
    progress(f"Writing {tokens:,} tokens of {WEEKS} weeks ...")
    provide(
        data, {name: query.format(tokens=tokens, weeks=WEEKS) for name, query in PROGRAM.items()}
    )
    progress("Building the models ...")
    built = measure(build, str(data), "+fct_north_star_drivers_weekly", COUNTS)
    progress("Counting the active tokens of each segment, and nothing else ...")
    baseline = measure(count_segments, str(data))
    return {
        **built.value,
        "peak_bytes": built.highest_bytes,
        "baseline_seconds": baseline.value,
    }


def show(measured: Mapping[str, Any]) -> str:
    """The figures as text."""
    took = measured["models"]
    parts = {name: took[name] for name in STEPS} | {
        "all of the drivers": sum(took[name] for name in STEPS),
        "all models, with those they are built on": measured["seconds"],
    }
    rows = [
        [name, f"{seconds:.1f}", f"{seconds / measured['baseline_seconds']:.1f}"]
        for name, seconds in parts.items()
    ]
    return "\n".join(
        [
            f"{measured['token_weeks']:,} active tokens and weeks, {measured['unit_changes']:,} "
            f"units in two comparisons; {measured['drivers']:,} contributions.",
            "",
            table(["part", "seconds", "ratio"], rows),
            "",
            "The ratio is to DuckDB merely counting the active tokens of each week and segment: "
            f"{measured['baseline_seconds']:.2f} s.",
            f"Peak memory {measured['peak_bytes'] / 1e9:.1f} GB.",
        ]
    )


def count_segments(data: str) -> float:
    """Seconds that DuckDB takes to count the active tokens by week and each dimension.

    Args:
        data: a data folder that has been built.
    """
    with duckdb.connect(f"{data}/dev/dev.duckdb", read_only=True) as connection:
        started = time.perf_counter()
        for dimension in DIMENSIONS:
            connection.execute(
                f"select week_start, {dimension}, count(distinct token_id) "
                f"from intermediate.int_token_weeks_described group by all"
            ).fetchall()
        return time.perf_counter() - started
