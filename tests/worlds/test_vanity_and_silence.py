"""What only looks like growth moves no north star and is flagged; who fell silent is called."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.worlds.conftest import RealWorld

# For the time it takes: three builds.
pytestmark = pytest.mark.services

WEEK = date(2025, 11, 3)
SIGN_UPS = 10_000
# No row of these may change.
FACTS = (
    *("fct_weekly_active_tokens", "fct_weekly_active_companies"),
    *("fct_growth_accounting_weekly", "fct_retention_weekly"),
)
NORTH_STARS = """
    select
        week_start, week_status, weekly_active_tokens, weekly_active_token_lineages,
        weekly_active_developers, weekly_active_companies, qualified_requests, hello_worlds,
        wat_change, wac_change, quick_ratio, resolved_tokens_rate
    from fct_north_star_weekly
    order by week_start
"""

FLAGGED = (
    "select week_start, channel, '' as campaign from fct_channel_scorecard_weekly where is_vanity",
    "select week_start, channel, campaign from fct_campaign_scorecard_weekly where is_vanity",
)


class Sample:
    """The sample, with sign-ups bought for one week landed after it.

    Attributes:
        written: what is true of it.
        plain: rows of each query before they came.
        flooded: the world with them.
    """

    def __init__(self, root: Path) -> None:
        data = DataFolder(root)
        self.written = simulate(data.landing, developers=300, seed=7)
        world = RealWorld(data)
        self.plain = {name: world.rows(f"from {name} order by all") for name in FACTS}
        self.plain |= {query: world.rows(query) for query in (NORTH_STARS, *FLAGGED)}
        _buy_sign_ups(data.landing / "developer_portal" / "developers" / "bought.csv")
        self.flooded = RealWorld(data)


def _buy_sign_ups(file: Path) -> None:
    first = datetime(WEEK.year, WEEK.month, WEEK.day)
    names = ("developer_id", "signed_up_at", "utm_source", "utm_medium", "utm_campaign")
    with file.open("w", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(names)
        for number in range(SIGN_UPS):
            at = first + timedelta(days=7) * (number / SIGN_UPS)
            lines.writerow(
                [f"bought_{number}", f"{at.isoformat()}Z", "newsletter", "email", "Gold"]
            )


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("sample"))


def test_ten_thousand_sign_ups_that_never_call_move_no_north_star(sample: Sample) -> None:
    for name in FACTS:
        found = sample.flooded.rows(f"from {name} order by all")
        assert found == sample.plain[name] != []
    assert sample.flooded.rows(NORTH_STARS) == sample.plain[NORTH_STARS]
    sign_ups = f"select new_sign_ups from fct_north_star_weekly where week_start = '{WEEK}'"
    assert sample.flooded.rows(sign_ups)[0][0] >= SIGN_UPS


def test_they_raise_the_flag_of_their_channel_and_campaign_and_no_other(sample: Sample) -> None:
    raised = [
        set(sample.flooded.rows(query)) - set(sample.plain[query])  # of the later weeks, too
        for query in FLAGGED
    ]
    assert raised == [{(WEEK, "Email", "")}, {(WEEK, "Email", "gold")}]


def test_the_samples_campaign_is_flagged_and_little_else(sample: Sample) -> None:
    weeks = [date.fromisoformat(week) for week in sample.written["events"]["campaign"]["weeks"]]
    name = sample.written["events"]["campaign"]["utm_campaign"]
    for query, campaign in zip(FLAGGED, ("", name), strict=True):
        flagged = set(sample.plain[query])
        assert flagged >= {(week, "Paid Social", campaign) for week in weeks}
        assert len(flagged) <= 4


def _silent(world: RealWorld) -> list[tuple[Any, ...]]:
    return world.rows("""
        select stake_rank, company_id, last_active_week, silent_weeks
        from fct_silent_companies order by stake_rank
    """)


def test_the_silent_customer_is_the_first_to_call_three_months_later(sample: Sample) -> None:
    customer = sample.written["events"]["silent_customer"]
    first, *_ = _silent(sample.flooded)
    last_active_week = date.fromisoformat(customer["last_active_week"])
    assert first == (1, customer["company_id"], last_active_week, 12)


def test_the_silent_customer_is_the_first_to_call_as_soon_as_two_weeks_are_final(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path)
    customer = simulate(data.landing, developers=300, seed=7)["events"]["silent_customer"]
    # One file a week: the logs end with the third silent week, which is open.
    third = date.fromisoformat(customer["first_silent_week"]) + timedelta(weeks=2)
    last_file = third.strftime("%G-W%V.jsonl.gz")
    for file in (data.landing / "api_gateway" / "api_requests").iterdir():
        if file.name > last_file:
            file.unlink()
    first, *_ = _silent(RealWorld(data))
    last_active_week = date.fromisoformat(customer["last_active_week"])
    assert first == (1, customer["company_id"], last_active_week, 2)
