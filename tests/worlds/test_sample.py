"""The simulated program: what was planted is found, and what was planted to mislead is not."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.sample import simulate
from orchestration.settings import PROJECT, DataFolder
from tests.worlds.conftest import RealWorld, World

DEVELOPERS = 300
# Each var at another value than its default.
OTHER_SETTINGS = {
    "log_sources": ["cloudtrail"],
    "required_log_sources": ["cloudtrail"],
    "crm_sources": ["salesforce", "hubspot", "crm"],
    "crm_trust_order": ["hubspot"],
    "crm_custom_fields": [
        {"name": "hubspot.company.website", "alias": "site", "type": "string"},
        {"name": "crm.contacts.lifecycle_stage", "alias": "stage", "type": "string"},
    ],
    "week_start_day": "sunday",
    "reporting_timezone": "Pacific/Auckland",
    "late_allowance_days": 0,
    "tracking_starts_at": "2001-01-01",
    "min_qualified_requests": 2,
    "extra_success_status_codes": [],
    "rotation_window_days": 1,
    "shared_token_addresses": 7,
    "shared_token_sdks": 3,
    "ttfhw_clock_start": "first_token",
    "clock_skew_tolerance_seconds": 3,
    "exclude_left_truncated": True,
    "nth_production_success": 3,
    "ttfhw_window_weeks": 5,
    "small_sample_size": 3,
    "sdk_window_days": 2,
    "ttfhw_exact_size": 9,
    "ttfhw_curve_points": 7,
    "funnel_days": 5,
    "stuck_after_days": 1,
    "noise_weeks": 5,
    "least_noise_weeks": 3,
    "noise_deviations": 3.5,
    "explained_share": 0.5,
    "least_explained_share": 0.2,
    "silent_after_weeks": 1,
    "lost_after_weeks": 4,
    "scorecard_baseline_weeks": 5,
    "rise_deviations": 2.5,
    "smallest_rise": 3,
    "volume_weeks": 3,
    "least_volume_weeks": 2,
    "volume_deviations": 2.5,
    "least_volume_change": 0.1,
    "max_late_rate": 0.5,
    "least_resolved_rate": 0.9,
    "rebuild_weeks": "2025-01-06..2025-01-13",
    "batch_requests": 1000,
    "landing_quiet_seconds": 0,
    "max_reject_rate": 0.5,
    "raw_retention_days": 30,
    "kept_publications": 2,
    "dev_last_weeks": 3,
}


@pytest.fixture(scope="module")
def sample(
    tmp_path_factory: pytest.TempPathFactory, workshop: Path
) -> tuple[World, dict[str, Any]]:
    """The world with every planted event, built with every unit test and data test."""
    data = DataFolder(tmp_path_factory.mktemp("sample"))
    written = simulate(data.landing, developers=DEVELOPERS, seed=7)
    world = World(data, workshop)
    world.build()
    return world, written


def test_every_raw_row_has_the_outcome_it_was_made_for(sample: tuple[World, dict]) -> None:
    world, written = sample
    expected = dict(written["expected"]["outcomes"])
    # What landing could not read is as malformed as what it could.
    expected["malformed"] += expected.pop("unreadable")
    found = world.rows("""
        select outcome, sum(requests)::bigint
        from fct_request_outcomes_weekly
        where source = 'api_gateway'
        group by outcome
    """)
    assert dict(found) == expected
    assert sum(expected.values()) == written["expected"]["api_requests"]["rows_delivered"]


def test_every_week_equals_what_was_written_down(sample: tuple[World, dict]) -> None:
    world, written = sample
    found = world.rows("""
        select
            week_start, weekly_active_tokens, qualified_requests, hello_worlds, new_sign_ups,
            tokens_created, page_views
        from fct_north_star_weekly
        order by week_start
    """)
    expected = [
        (
            date.fromisoformat(week["week_start"]),
            week["weekly_active_tokens"],
            week["qualified_requests"],
            week["hello_worlds"],
            week["sign_ups"] - week["internal_sign_ups"],
            week["tokens_created"] - week["internal_tokens_created"],
            week["page_views"],
        )
        for week in written["expected"]["weekly"]
    ]
    assert len(found) > 70
    assert found == expected


def test_every_column_is_described_and_its_name_tells_its_type(
    sample: tuple[World, dict],
) -> None:
    world, _ = sample
    names = {"BOOLEAN": r"(is|has)_", "TIMESTAMP": r"(.*_at|valid_from|valid_to|silent_since)$"}
    names["DATE"] = r"(.*_date|(.*_)?week_start|week_end|cohort_week|last_active_week)$"
    described = {
        (model["schema"], model["name"], column)
        for model in world.models()
        for column in model["columns"]
    }
    built = world.rows("""
        select table_schema, table_name, column_name, data_type
        from information_schema.columns
        where table_schema in ('staging', 'intermediate', 'marts', 'semantic')
        -- What a build notes of itself is no model.
        and table_name not like 'last_build%'
    """)
    assert {tuple(column[:3]) for column in built} == described
    assert not [
        column
        for column in built
        for data_type, name in names.items()
        if (column[3] == data_type) != bool(re.match(name, column[2]))
    ]


def test_impossible_clocks_are_told_apart(sample: tuple[World, dict]) -> None:
    world, written = sample
    for status in ("clamped", "anomaly"):
        found = world.rows(f"""
            select developer_id from fct_time_to_first_hello_world
            where status = '{status}' order by developer_id
        """)
        assert [row[0] for row in found] == written["expected"]["clock_skew"][status] != []


def test_the_outage_week_is_a_gap_and_not_a_zero(sample: tuple[World, dict]) -> None:
    world, written = sample
    (outage,) = written["events"]["outage"]["weeks"]
    weeks = world.rows("""
        select
            week_start, week_status, days_with_logs, weekly_active_tokens, weekly_active_companies,
            qualified_requests, hello_worlds, wat_change
        from fct_north_star_weekly
        where is_data_gap
    """)
    assert weeks == [(date.fromisoformat(outage), "final", 0, None, None, None, None, None)]


def test_the_campaign_lifts_sign_ups_and_no_north_star(
    sample: tuple[World, dict], tmp_path: Path
) -> None:
    world, written = sample
    data = DataFolder(tmp_path)
    simulate(data.landing, developers=DEVELOPERS, seed=7, without=frozenset({"campaign"}))
    plain = RealWorld(data)
    campaign = written["events"]["campaign"]
    north_stars = """
        select
            week_start, weekly_active_tokens, weekly_active_developers, weekly_active_companies,
            qualified_requests, hello_worlds
        from fct_north_star_weekly
        order by week_start
    """
    assert world.rows(north_stars) == plain.rows(north_stars)
    # Each world made a token key of its own, so that one token has another id in each.
    facts = """
        select * exclude (token_id, token_lineage_id) from fct_weekly_active_tokens order by all
    """
    assert world.rows(facts) == plain.rows(facts)
    converters = "select count(*) from fct_time_to_first_hello_world where is_converted"
    assert world.rows(converters) == plain.rows(converters)
    sign_ups = "select week_start, new_sign_ups from fct_north_star_weekly order by week_start"
    lifted = {
        week: now - before
        for (week, now), (_, before) in zip(world.rows(sign_ups), plain.rows(sign_ups), strict=True)
        if now != before
    }
    assert [week.isoformat() for week in lifted] == campaign["weeks"]
    assert sum(lifted.values()) == campaign["extra_sign_ups"] > 0

    # Its channel takes longer than without it, which the median of converters does not notice.
    def curve(of: World | RealWorld) -> dict[float, float]:
        return dict(
            of.rows("""
                select duration_seconds, survival from fct_ttfhw_survival
                where
                    unit = 'developer' and cohort = 'all' and segment = 'Paid Social'
                    and n_events > 0
            """)
        )

    with_it, without_it = curve(world), curve(plain)
    assert with_it.keys() == without_it.keys() != set()
    assert all(with_it[seconds] > without_it[seconds] for seconds in with_it)
    converters_only = """
        select converters_only_p50_seconds from fct_ttfhw_summary
        where unit = 'developer' and cohort = 'all' and segment = 'Paid Social'
    """
    assert world.rows(converters_only) == plain.rows(converters_only)


def test_the_silent_customer_is_active_through_the_rotation_and_then_gone(
    sample: tuple[World, dict],
) -> None:
    world, written = sample
    silent = written["events"]["silent_customer"]
    weeks = [
        row[0].isoformat()
        for row in world.rows(f"""
            select week_start from fct_weekly_active_companies
            where company_id = '{silent["company_id"]}'
            order by week_start
        """)
    ]
    assert silent["rotated_week"] in weeks
    assert weeks[-1] == silent["last_active_week"] < silent["first_silent_week"]


def test_rotated_keys_are_found_by_what_the_registry_says_and_by_their_times(
    sample: tuple[World, dict],
) -> None:
    world, written = sample
    found = world.rows("""
        select
            (select count(*) from intermediate.int_token_lineages),
            (select count(distinct token_lineage_id) from intermediate.int_token_lineages),
            count(*) filter (is_stated),
            count(*) filter (not is_stated)
        from intermediate.int_token_successions
        where not is_circular
    """)
    assert found == [tuple(written["expected"]["lineage"].values())]
    assert found[0][3] > 0


def test_the_silent_customer_is_churned_in_its_first_silent_week(
    sample: tuple[World, dict],
) -> None:
    world, written = sample
    silent = written["events"]["silent_customer"]
    first_silent_week = date.fromisoformat(silent["first_silent_week"])
    active = {
        week: set(companies)
        for week, companies in world.rows("""
            select week_start, list(company_id) from fct_weekly_active_companies group by all
        """)
    }
    lost = active[first_silent_week - timedelta(weeks=1)] - active[first_silent_week]
    assert silent["company_id"] in lost
    assert world.rows(f"""
        select churned, week_status from fct_growth_accounting_weekly
        where grain = 'company' and week_start = date '{first_silent_week}'
    """) == [(len(lost), "final")]


def test_a_rotated_key_is_neither_churn_nor_growth(sample: tuple[World, dict]) -> None:
    world, written = sample
    silent = written["events"]["silent_customer"]
    weeks = world.rows(f"""
        select
            week_start,
            list(distinct token_id) filter (token_lineage_id <> token_id) as rotated,
            list(distinct lifecycle order by lifecycle)
        from fct_weekly_active_tokens
        where
            company_id = '{silent["company_id"]}'
            and token_lineage_id in (
                select token_lineage_id from fct_weekly_active_tokens
                where company_id = '{silent["company_id"]}' and token_lineage_id <> token_id
            )
        group by week_start
        order by week_start
    """)
    rotated_week = date.fromisoformat(silent["rotated_week"])
    assert next(week for week, rotated, _ in weeks if rotated) == rotated_week
    # New once, then retained to the end, whichever of its keys was used.
    assert weeks[0][2] == ["new"]
    assert {tuple(lifecycles) for _, _, lifecycles in weeks[1:]} == {("retained",)}


def test_the_outage_week_loses_and_brings_back_nobody(sample: tuple[World, dict]) -> None:
    world, written = sample
    (outage,) = map(date.fromisoformat, written["events"]["outage"]["weeks"])
    growth = {
        (grain, week): numbers
        for grain, week, *numbers in world.rows("""
            select grain, week_start, active, new, retained, resurrected, churned
            from fct_growth_accounting_weekly
        """)
    }
    units = {
        "token_lineage": ("fct_weekly_active_tokens", "token_lineage_id"),
        "developer": ("fct_weekly_active_tokens", "developer_id"),
        "company": ("fct_weekly_active_companies", "company_id"),
    }
    for grain, (fact, unit) in units.items():
        assert growth[grain, outage] == [None] * 5
        before, after = (
            {
                row[0]
                for row in world.rows(f"""
                select distinct {unit} from {fact}
                where {unit} is not null and week_start = date '{outage}' {sign} interval 7 day
            """)
            }
            for sign in "-+"
        )
        active, _, retained, _, churned = growth[grain, outage + timedelta(weeks=1)]
        assert (active, retained, churned) == (
            len(after),
            len(before & after),
            len(before - after),
        )
        assert retained > churned


def test_unit_tests_pass_with_anybodys_settings(sample: tuple[World, dict]) -> None:
    """Who changes a default must not be told that a model is broken."""
    world, _ = sample
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    # Tables of a lake are refused on DuckDB.
    assert project["vars"].keys() - OTHER_SETTINGS.keys() == {"lake_tables"}
    assert not [name for name in OTHER_SETTINGS if project["vars"][name] == OTHER_SETTINGS[name]]
    # A unit test asks the models that its own one reads for their columns.
    world.build(
        *("--select", "test_type:unit", "path:models/staging", "path:models/intermediate/crm"),
        *("--exclude-resource-type", "test"),
        *("--vars", json.dumps(OTHER_SETTINGS)),
    )
