"""Real logs: every number of their truth files, which independent programs computed."""

from __future__ import annotations

import ast
import csv
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.worlds.conftest import SHARED_DATA, RealWorld

Build = Callable[[str], RealWorld]


def truth(name: str, file: str) -> list[dict[str, Any]]:
    """The rows of a truth file."""
    with (SHARED_DATA / name / file).open(newline="") as lines:
        return list(csv.DictReader(lines))


ACCEPTED = """
    select week_start, sum(requests) as accepted_requests
    from fct_request_outcomes_weekly
    where outcome not in ('malformed', 'duplicate')
    group by week_start
"""


@pytest.mark.parametrize("name", ["qa_community", "foundation", "github_profiles"])
def test_every_week_equals_its_truth(real_world: Build, name: str) -> None:
    weeks = real_world(name).rows(f"""
        select
            week_start, accepted_requests, weekly_active_tokens, weekly_active_developers,
            weekly_active_companies
        from fct_north_star_weekly
        inner join ({ACCEPTED}) as accepted using (week_start)
        order by week_start
    """)
    expected = [
        (date.fromisoformat(week.pop("week_start")), *map(int, week.values()))
        for week in truth(name, "truth_weekly.csv")
    ]
    assert weeks == expected


@pytest.mark.parametrize("name", ["qa_community", "foundation", "github_profiles"])
def test_growth_of_every_grain_starts_from_the_truth(real_world: Build, name: str) -> None:
    """Who is active in the week before, but not in this one, is churned: week by week."""
    world = real_world(name)
    growth = world.rows("""
        select week_start, grain, active, new, retained, resurrected, churned, week_status
        from fct_growth_accounting_weekly
        where active is not null
        order by grain, week_start
    """)
    units = {
        "token_lineage": ("token_lineage_id", "weekly_active_tokens"),
        "developer": ("developer_id", "weekly_active_developers"),
        "company": ("company_id", "weekly_active_companies"),
    }
    weeks = [date.fromisoformat(row["week_start"]) for row in truth(name, "truth_weekly.csv")]
    for grain, (unit, column) in units.items():
        active: dict[date, set[str]] = {week: set() for week in weeks}
        for week, found in world.rows(f"""
            select distinct week_start, {unit} from fct_weekly_active_tokens
            where {unit} is not null
        """):
            active[week].add(found)
        seen: set[str] = set()
        before: set[str] = set()
        expected = []
        for week, row in zip(weeks, truth(name, "truth_weekly.csv"), strict=True):
            now = active[week]
            assert len(now) == int(row[column])
            expected.append(
                (
                    week,
                    grain,
                    len(now),
                    len(now - seen),
                    len(now & before),
                    len((now & seen) - before),
                    len(before - now),
                )
            )
            seen |= now
            before = now
        found = [row for row in growth if row[1] == grain]
        final = [row[7] == "final" for row in found]
        assert [
            (*row[:6], row[6] if is_final else None)
            for row, is_final in zip(expected, final, strict=True)
        ] == [row[:7] for row in found]
        assert sum(final) > 10


@pytest.mark.parametrize("name", ["qa_community", "foundation", "github_profiles"])
def test_weeks_that_the_truth_does_not_list_are_gaps(real_world: Build, name: str) -> None:
    listed = {date.fromisoformat(week["week_start"]) for week in truth(name, "truth_weekly.csv")}
    weeks = real_world(name).rows(
        "select week_start, is_data_gap, weekly_active_tokens from fct_north_star_weekly"
    )
    assert len(weeks) >= len(listed)
    for week_start, is_data_gap, weekly_active_tokens in weeks:
        assert is_data_gap == (week_start not in listed)
        assert (weekly_active_tokens is None) == is_data_gap


@pytest.mark.parametrize("name", ["qa_community", "github_profiles"])
def test_the_distribution_of_hello_worlds_equals_its_truth(real_world: Build, name: str) -> None:
    world = real_world(name)
    expected = {row["metric"]: row["value"] for row in truth(name, "truth_ttfhw.csv")}
    counts = world.rows("""
        select
            count(*),
            count(*) filter (is_in_distribution),
            count(*) filter (is_in_distribution and is_converted),
            count(*) filter (status = 'anomaly'),
            count(*) filter (status = 'clamped'),
            count(*) filter (status = 'not_yet_observed'),
            quantile_disc(duration_seconds, 0.5) filter (is_in_distribution and is_converted)
        from fct_time_to_first_hello_world
    """)
    assert counts == [
        (
            int(expected["developers"]),
            int(expected["in_distribution"]),
            int(expected["converted"]),
            int(expected["anomaly"]),
            int(expected["clamped"]),
            int(expected["signed_up_after_watermark"]),
            float(expected["converters_only_p50_seconds"]),
        )
    ]
    watermark = world.rows("select watermark_at from intermediate.int_watermark")[0][0]
    assert watermark.isoformat() == expected["watermark"].removesuffix("+00:00")


@pytest.mark.parametrize("name", ["qa_community", "github_profiles"])
def test_the_survival_curve_equals_its_truth(real_world: Build, name: str) -> None:
    world = real_world(name)
    # Pairs in it are not quoted.
    lines = (SHARED_DATA / name / "truth_ttfhw.csv").read_text().splitlines()
    pairs = dict(line.split(",", maxsplit=1) for line in lines[1:])
    expected = {
        metric: ast.literal_eval(value) for metric, value in pairs.items() if metric != "watermark"
    }
    everybody = "where unit = 'developer' and cohort = 'all' and dimension = 'all'"
    assert world.rows(f"""
        select
            n, converted, p50_seconds, p75_seconds, p90_seconds,
            (p50_ci_lower_seconds, p50_ci_upper_seconds), converters_only_p50_seconds
        from fct_ttfhw_summary
        {everybody}
    """) == [
        (
            expected["in_distribution"],
            expected["converted"],
            expected["p50_seconds"],
            expected["p75_seconds"],
            expected["p90_seconds"],
            expected["p50_ci"],
            expected["converters_only_p50_seconds"],
        )
    ]
    hours = {"1h": 1, "24h": 24, "7d": 24 * 7, "28d": 24 * 28}
    for metric, within in hours.items():
        ((survival,),) = world.rows(f"""
            select min(survival) from fct_ttfhw_survival
            {everybody} and duration_seconds <= {within} * 3600
        """)
        assert 1 - survival == pytest.approx(expected[f"km_converted_{metric}"], abs=1e-12)
    ((p25,),) = world.rows(f"""
        select min(duration_seconds) from fct_ttfhw_survival {everybody} and survival <= 0.75
    """)
    assert p25 == expected["p25_seconds"]


def test_cloudtrail_counts_what_was_delivered_twice_once(real_world: Build) -> None:
    cloudtrail = real_world("cloudtrail")
    weeks = truth("cloudtrail", "truth_weekly.csv")
    assert cloudtrail.rows(f"select * from ({ACCEPTED}) order by week_start") == [
        (date.fromisoformat(week["week_start"]), int(week["events_dedup"])) for week in weeks
    ]
    assert cloudtrail.rows("select sum(requests) from fct_request_outcomes_weekly") == [
        (sum(int(week["events_raw"]) for week in weeks),)
    ]


def test_cloudtrail_has_a_week_of_traffic_in_which_nobody_is_active(real_world: Build) -> None:
    weeks = real_world("cloudtrail").rows("""
        select week_start, weekly_active_tokens, is_data_gap, days_with_logs
        from fct_north_star_weekly
        order by week_start
    """)
    expected = [int(week["wat_success"]) for week in truth("cloudtrail", "truth_weekly.csv")]
    assert [week[1] for week in weeks] == expected == [33, 0]
    assert weeks[1] == (date(2021, 8, 2), 0, False, 1)


def test_cloudtrail_tokens_equal_their_truth(real_world: Build) -> None:
    """Keys are hashed in the marts, so the tokens are compared as a multiset of their counts."""
    tokens = real_world("cloudtrail").rows("""
        select sum(attempted_requests), sum(successful_requests), count(*)
        from fct_weekly_active_tokens
        group by token_id
        order by all
    """)
    expected = sorted(
        (int(token["n_calls"]), int(token["n_success"]), int(token["n_iso_weeks"]))
        for token in truth("cloudtrail", "truth_tokens.csv")
        if int(token["n_success"])
    )
    assert tokens == expected


def test_access_logs_are_found_out_and_counted_line_by_line(real_world: Build) -> None:
    world = real_world("access_logs")
    ledger = world.rows(
        "select path, format, rows_read, rows_landed, rows_rejected, lines_skipped "
        "from staging.stg_landing__files order by path"
    )
    folder = "api_gateway/api_requests"
    calls = sum(
        int(row["calls"])
        for row in truth("access_logs", "truth_nova_api_calls.csv")
        if row["dimension"] == "status"
    )
    assert ledger == [
        (f"{folder}/apache_logs", "combined", 10_000, 10_000, 0, 0),
        (f"{folder}/nova_api.log", "openstack_nova", calls, calls, 0, 2_000 - calls),
    ]


def test_requests_of_an_access_log_equal_their_truth_and_equal_lines_are_all_requests(
    real_world: Build,
) -> None:
    # Without the week of nova's lines, which are one day two years later.
    found = real_world("access_logs").rows("""
        select
            week_start,
            sum(requests),
            coalesce(sum(requests) filter (outcome = 'duplicate'), 0),
            sum(requests) filter (outcome = 'no_token')
        from fct_request_outcomes_weekly
        where week_start < date '2016-01-01'
        group by week_start
        order by week_start
    """)
    expected = [
        (
            date.fromisocalendar(*(int(part) for part in row["week"].split("-W")), 1),
            int(row["requests"]),
            0,
            int(row["requests"]),
        )
        for row in truth("access_logs", "truth_apache_weekly.csv")
    ]
    assert found == expected


def test_addresses_of_an_access_log_are_counted_without_being_known(
    real_world: Build,
) -> None:
    found = real_world("access_logs").rows("""
        select
            cast(requested_at as date) as day,
            count(distinct client_ip_hash),
            count(distinct client_ip_hash) filter (status_code between 200 and 399)
        from staging.stg_api_gateway__api_requests
        where requested_at < timestamp '2016-01-01'
        group by day
        order by day
    """)
    expected = [
        (date.fromisoformat(row["day"]), int(row["distinct_ips"]), int(row["distinct_ips_2xx3xx"]))
        for row in truth("access_logs", "truth_apache_daily.csv")
    ]
    assert found == expected


def test_callers_of_an_api_log_are_its_users(real_world: Build) -> None:
    found = real_world("access_logs").rows("""
        select count(*) as calls
        from staging.stg_api_gateway__api_requests
        where requested_at > timestamp '2016-01-01' and token_id is not null
        group by token_id
        order by calls desc
    """)
    expected = [
        (int(row["calls"]),)
        for row in truth("access_logs", "truth_nova_api_calls.csv")
        if row["dimension"] == "user_id" and row["value"] != "-"
    ]
    assert found == expected
