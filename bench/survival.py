"""Survival curves of a million developers: what they cost in a build of the project's models.

The program is made up in SQL, no two of its durations alike: who signs up over two years, whom they
work for, who makes a key, who says hello and when. Landing is not measured; the rows are written
into raw/ as landing would have stored them.
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

# What the contract of each table has and these leave out is NULL.
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
        from range({developers} // 20) as numbers (number)
    """,
    "developer_portal/developers": """
        select
            'd' || number as developer_id,
            signed_up_at,
            if(hash(number, 'employed') % 4 = 0, null, 'c' || hash(number, 'company')
                % greatest({developers} // 20, 1)) as company_id,
            'l' || number as github_login,
            ['US', 'US', 'US', 'IN', 'IN', 'DE', 'DE', 'GB', 'FR', 'BR', 'JP', 'CA', 'NL', 'NG',
             'ES', 'IT', 'PL', 'SE', 'AU', null][1 + (hash(number, 'country') % 20)::int]
                as country,
            ['google', 'google', 'newsletter', 'facebook', null]
                [1 + (hash(number, 'channel') % 5)::int] as utm_source,
            ['organic', 'cpc', 'email', 'paid_social', null]
                [1 + (hash(number, 'channel') % 5)::int] as utm_medium
        from people
    """,
    "developer_portal/api_tokens": """
        select
            't' || number as token_id,
            'd' || number as developer_id,
            signed_up_at + to_microseconds((share_of_key * delay * 1e6)::bigint) as created_at
        from people
        where hash(number, 'key') % 5 < 4
    """,
    "github/profiles": """
        select
            'l' || number as github_login,
            (hash(number, 'stars') % 2000)::bigint as stars,
            timestamp '2023-12-15' as captured_at
        from people
        where hash(number, 'profile') % 2 = 0
    """,
    "api_gateway/api_requests": """
        select
            'r' || number || '-' || status_code as request_id,
            't' || number as token_id,
            signed_up_at + to_microseconds((part * delay * 1e6)::bigint) as requested_at,
            '/v1/orders' as endpoint,
            status_code,
            ['north-star-python/2.1', 'north-star-node/1.4', 'north-star-go/0.9', 'curl/8.5']
                [1 + (hash(number, 'sdk') % 4)::int] as user_agent
        from people
        cross join (values (401, 0.6), (200, 1.0)) as tries (status_code, part)
        where hash(number, 'key') % 5 < 4 and (status_code = 401 or hash(number, 'hello') % 2 = 0)
        union all
        select 'first', null, timestamp '2023-12-31', '/v1/orders', 401, null
        union all
        select 'last', null, timestamp '2026-01-01', '/v1/orders', 401, null
    """,
}
PEOPLE = """
    select
        number,
        -- More each month than in the one before.
        timestamp '2024-01-01' + to_microseconds(
            (63e12 * sqrt((hash(number, 'sign-up') % 1000000007) / 1000000007.0))::bigint
        ) as signed_up_at,
        -- From minutes to weeks, half of them within three hours.
        10800 * exp(1.7 * (
            (hash(number, 'a') + hash(number, 'b')::hugeint + hash(number, 'c')::hugeint
             + hash(number, 'd')::hugeint)::double / 18446744073709551616 - 2
        ) * 1.73) as delay,
        0.1 + 0.4 * (hash(number, 'made') % 1000003) / 1000003.0 as share_of_key
    from range({developers}) as numbers (number)
"""
BASELINE = """
    select unit, cohort, dimension, segment, count(*)
    from intermediate.int_ttfhw_memberships
    group by unit, cohort, dimension, segment
"""
COUNTS = {
    "units": "intermediate.int_ttfhw_units",
    "memberships": "intermediate.int_ttfhw_memberships",
    "curve_rows": "marts.fct_ttfhw_survival",
}
SURVIVAL = ("int_ttfhw_time_points", "fct_ttfhw_survival")
SUMMARY = ("int_ttfhw_rates", "fct_ttfhw_summary")
COMPARISONS = (
    *("int_log_rank_groups", "int_log_rank_risks", "int_log_rank_scores"),
    *("int_log_rank_covariances", "int_log_rank_statistics", "int_log_rank_p_values"),
    *("int_comparisons", "fct_ttfhw_comparisons"),
)


def run(scratch: Path, *, developers: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Builds all models over a program of so many developers, and the baseline over what they made.

    Args:
        scratch: folder for rows and databases.
        developers: who sign up.
        progress: is told what is being done.

    Returns:
        The figures, see ``show``.

    Raises:
        BenchError: a build failed.
    """
    data = scratch / f"survival-{developers}"
    progress(f"Writing {developers:,} developers ...")
    tables = {name: query.format(developers=developers) for name, query in PROGRAM.items()}
    people = PEOPLE.format(developers=developers)
    provide(data, tables, f"create temp table people as {people}")
    progress("Building the models ...")
    built = measure(build, str(data), "", COUNTS)
    progress("Counting the same units in each segment, and nothing else ...")
    baseline = measure(count_memberships, str(data))
    return {
        "developers": developers,
        **built.value,
        "peak_bytes": built.highest_bytes,
        "baseline_seconds": baseline.value,
    }


def show(measured: Mapping[str, Any]) -> str:
    """The figures as text."""
    took = measured["models"]
    parts = {
        "survival, all dimensions": sum(took[name] for name in SURVIVAL),
        "summary, all dimensions": sum(took[name] for name in SUMMARY),
        "both": sum(took[name] for name in (*SURVIVAL, *SUMMARY)),
        "log-rank tests": sum(took[name] for name in COMPARISONS),
        "funnel": took["int_funnel_steps"] + took["fct_developer_funnel_weekly"],
        "all models": measured["seconds"],
    }
    rows = [
        [name, f"{seconds:.1f}", f"{seconds / measured['baseline_seconds']:.1f}"]
        for name, seconds in parts.items()
    ]
    return "\n".join(
        [
            f"{measured['developers']:,} developers, {measured['units']:,} units, counted "
            f"{measured['memberships']:,} times; {measured['curve_rows']:,} rows of curves.",
            "",
            table(["part", "seconds", "ratio"], rows),
            "",
            "The ratio is to DuckDB merely counting the units of each segment: "
            f"{measured['baseline_seconds']:.1f} s.",
            f"Peak memory {measured['peak_bytes'] / 1e9:.1f} GB.",
        ]
    )


def count_memberships(data: str) -> float:
    """Seconds that DuckDB takes to count the units of each segment.

    Args:
        data: a data folder that ``build`` has built.
    """
    with duckdb.connect(f"{data}/dev/dev.duckdb", read_only=True) as connection:
        started = time.perf_counter()
        connection.execute(BASELINE).fetchall()
        return time.perf_counter() - started
