"""What happened in the sample stands first among what moved its weeks, and a quiet week is quiet.

The sample's own SDK release moves conversion by less in a week than chance does; the log-rank test
finds it (test_planted_release.py). Here one release more breaks the SDK for a week.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.sample import period, simulate
from orchestration.settings import DataFolder
from tests.worlds.conftest import RealWorld

pytestmark = pytest.mark.services

BROKEN_WEEK = "2025-08-04"
BROKEN_FILE = "2025-W32.jsonl.gz"
SDK = f"north-star-{period.SDK_LANGUAGE}"
Sample = tuple[RealWorld, dict[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample of `make run` with a week in which one SDK gets nothing but errors."""
    data = DataFolder(Path(tmp_path_factory.mktemp("sample")))
    written = simulate(data.landing)
    path = data.landing / "api_gateway" / "api_requests" / BROKEN_FILE
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("\n".join(map(broken, lines)).encode()))
    return RealWorld(data), written


def broken(line: str) -> str:
    """A line of the log as it would be had the SDK not worked."""
    try:
        row = json.loads(line)
    except ValueError:
        return line
    if not (row.get("user_agent") or "").startswith(SDK):
        return line
    return json.dumps(row | {"status_code": 500, "is_success": None})


def headline(world: RealWorld, metric: str, week: str) -> tuple[Any, ...]:
    """What stands first of what moved a metric since the week before."""
    (found,) = world.rows(f"""
        select dimension, segment, contribution, new + resurrected, churned, is_within_noise
        from fct_north_star_drivers_weekly
        where metric = '{metric}' and week_start = '{week}' and comparison = 'week' and rank = 1
    """)
    return found


METRICS = (
    *("weekly_active_tokens", "weekly_active_token_lineages"),
    *("weekly_active_developers", "qualified_requests"),
)


@pytest.mark.parametrize("metric", METRICS)
def test_a_broken_sdk_is_seen_by_its_language(sample: Sample, metric: str) -> None:
    world, _ = sample
    dimension, segment, contribution, _, churned, is_within_noise = headline(
        world, metric, BROKEN_WEEK
    )
    assert (dimension, segment) == ("language", period.SDK_LANGUAGE)
    assert contribution < 0 < churned and is_within_noise is False
    # And comes back with it.
    dimension, segment, contribution, back, _, is_within_noise = headline(
        world, metric, "2025-08-11"
    )
    assert (dimension, segment) == ("language", period.SDK_LANGUAGE)
    assert contribution > 0 and back > 0 and is_within_noise is False


@pytest.mark.parametrize("metric", ["qualified_requests", "tokens_per_company"])
def test_the_silent_customer_is_seen_by_its_size(sample: Sample, metric: str) -> None:
    world, written = sample
    silent = written["events"]["silent_customer"]
    found = headline(world, metric, silent["first_silent_week"])
    assert found[:2] == ("company_size_band", "5001+")
    assert found[2] < 0
    # One of a hundred companies: nobody explains the noise of all the others by it.
    (noise,) = world.rows(f"""
        select is_within_noise from fct_north_star_changes_weekly
        where metric = 'weekly_active_companies' and comparison = 'week'
            and week_start = '{silent["first_silent_week"]}'
    """)
    assert noise == (True,)


def test_a_quiet_week_is_called_quiet_and_most_weeks_are(sample: Sample) -> None:
    world, _ = sample
    (latest,) = world.rows("""
        select bool_and(is_within_noise) from fct_north_star_changes_weekly
        where comparison = 'week' and week_start = '2025-12-08'
            and metric in ('weekly_active_tokens', 'weekly_active_companies')
    """)
    assert latest == (True,)
    (shares,) = world.rows("""
        select
            avg(is_within_noise::integer), count(*) filter (is_within_noise is null),
            bool_and(is_within_noise is null) filter (compared_weeks < 8)
        from fct_north_star_changes_weekly
        where comparison = 'week' and metric = 'weekly_active_companies'
    """)
    assert 0.7 < shares[0] < 0.95
    assert shares[1:] == (8, True)


def test_the_outage_is_no_driver(sample: Sample) -> None:
    """Nothing is known of the week, and the next is compared with the one before."""
    world, written = sample
    (outage,) = written["events"]["outage"]["weeks"]
    assert not world.rows(
        f"select 1 from fct_north_star_changes_weekly where week_start = '{outage}'"
    )
    after = world.rows("""
        select distinct comparison, previous_week_start::varchar
        from fct_north_star_changes_weekly where week_start = '2025-06-23' order by all
    """)
    assert after == [("4_weeks", "2025-05-26"), ("week", "2025-06-09")]
    four_weeks_after = world.rows("""
        select distinct comparison from fct_north_star_changes_weekly
        where week_start = '2025-07-14'
    """)
    assert four_weeks_after == [("week",)]
