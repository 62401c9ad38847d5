"""Row for row, scorecards and silent companies are what a plain program makes of random worlds.

The random worlds of the time to first hello world, with campaigns, page views and keys that are
refused after their last success.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.compiled import compile_ahead
from tests.properties.acquisition import VARS, marts_of_acquisition
from tests.properties.comparison import RANDOM_VARIANTS, differences, message
from tests.properties.reference import CHANNELS, Marts, Settings, Tables, understand
from tests.properties.test_hello_worlds_equal_the_reference import world_of as hello_world_of
from tests.properties.warehouse import VARIANTS, Warehouse, variables
from tests.properties.worlds import DEVELOPERS, PAGE_VIEWS, REQUESTS, deliver, full_row

pytestmark = pytest.mark.services

MARTS = (
    *("fct_channel_scorecard_weekly", "fct_campaign_scorecard_weekly"),
    "fct_silent_companies",
)
WORLDS = 12
CAMPAIGNS = (None, "", "spring", " Spring ", "autumn", "ask somebody")


def world_of(seed: int, settings: Settings) -> Tables:
    """A random world with campaigns and page views, a part of them in bursts."""
    tables = dict(hello_world_of(seed, settings))
    chance = random.Random(f"{seed} acquisition")
    tables[DEVELOPERS] = [
        row | {"utm_campaign": random.Random(f"{row['developer_id']} {seed}").choice(CAMPAIGNS)}
        for row in tables[DEVELOPERS]
    ]
    calls = sorted(row["requested_at"] for row in tables[REQUESTS])
    if not calls:
        return tables
    views = []
    for _ in range(chance.randrange(40)):
        source, medium, referrer = chance.choice(list(CHANNELS))
        origin = {"utm_source": source, "utm_medium": medium, "referrer": referrer}
        occurred_at = chance.choice(calls) + timedelta(days=chance.randrange(-9, 9))
        campaign = chance.choice(CAMPAIGNS)
        views += [
            full_row(PAGE_VIEWS, occurred_at=occurred_at, utm_campaign=campaign, **origin)
            for _ in range(chance.choice([1, 1, 1, 9]))
        ]
    tables[PAGE_VIEWS] = deliver(views, "page views", calls[-1])
    # Some keys are refused from some time on, which is why nobody hears of their companies again.
    for token_id in sorted({row["token_id"] for row in tables[REQUESTS] if row["token_id"]}):
        if chance.random() < 0.5:
            at = chance.choice(calls)
            tables[REQUESTS] = [
                row | {"status_code": 401}
                if row["token_id"] == token_id and row["requested_at"] >= at
                else row
                for row in tables[REQUESTS]
            ]
    return tables


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    """Gives the database of a variant by its name."""
    found: dict[str, Warehouse] = {}

    def open_(variant: str) -> Warehouse:
        # All of them at once, because dbt starts only once then.
        compile_ahead(variables(VARIANTS[name]) | VARS for name in RANDOM_VARIANTS)
        if variant not in found:
            place = tmp_path_factory.mktemp(f"acquisition-{variant}")
            found[variant] = Warehouse(VARIANTS[variant], place, MARTS, more_vars=VARS)
        return found[variant]

    return open_


def expected_of(seed: int, variant: str) -> tuple[Tables, Marts]:
    """A world and what is to be found in it."""
    settings = VARIANTS[variant]
    tables = world_of(seed, settings)
    return tables, marts_of_acquisition(understand(tables, settings), tables)


@pytest.mark.parametrize("seed", range(WORLDS))
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_marts_equal_the_reference(
    variant: str, seed: int, opened: Callable[[str], Warehouse]
) -> None:
    tables, expected = expected_of(seed, variant)
    told = differences(expected, opened(variant).build(tables))
    assert not told, message(seed, variant, told)


def test_the_worlds_hold_what_is_argued_about() -> None:
    missing: set[Any] = {
        *((name, value) for name in ("has_rising_inputs", "is_vanity") for value in (0, 1, None)),
        *(("has_rising_value", value) for value in (0, 1, None)),
        *(("hello_worlds_7d", value) for value in (0, 1, None)),
        *(("active_companies_week_4", value) for value in (0, 1, None)),
        *(("campaign", value) for value in ("spring", "autumn", "ask somebody")),
        *(("channel", value) for value in ("unknown", "Email")),
        *(("silent_weeks", value) for value in (1, 2, 3)),
        *(("errors_since_last_success", value) for value in (0, 1, 2)),
        *(("stake_rank", value) for value in (1, 2)),
        ("last_error_at", None),
    }
    filled = {"last_error_endpoint", "last_error_status_code", "sign_ups_per_active_company"}
    for variant in RANDOM_VARIANTS:
        for seed in range(WORLDS):
            _, expected = expected_of(seed, variant)
            for row in (row for rows in expected.values() for row in rows):
                missing -= {(name, value) for name, value in row.items()}
                filled -= {name for name in filled & row.keys() if row[name]}
    assert not missing | filled
