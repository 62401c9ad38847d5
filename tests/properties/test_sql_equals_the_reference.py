"""Row for row, the marts of random worlds are what a plain Python program makes of the same rows.

A world that fails is named in the message; NORTH_STAR_WORLD_SEED=<seed> runs it alone.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.properties.comparison import RANDOM_VARIANTS, differences, message, seeds
from tests.properties.reference import marts_of, understand
from tests.properties.warehouse import MARTS, VARIANTS, Warehouse
from tests.properties.worlds import random_world


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_marts_equal_the_reference(
    variant: str, seed: int, warehouse: Callable[[str], Warehouse]
) -> None:
    settings = VARIANTS[variant]
    world = random_world(seed, settings)
    expected = marts_of(understand(world.tables, settings), world.tables)
    found = warehouse(variant).build(world.tables)
    assert expected.keys() == set(MARTS)
    told = differences(expected, found)
    assert not told, message(seed, variant, told)


def test_the_worlds_hold_what_the_definitions_argue_about() -> None:
    seen: set[object] = set()
    for variant in RANDOM_VARIANTS:
        settings = VARIANTS[variant]
        for seed in range(25):
            world = random_world(seed, settings)
            program = understand(world.tables, settings)
            marts = marts_of(program, world.tables)
            seen |= {
                (column, row[column])
                for name, columns in {
                    "fct_request_outcomes_weekly": ("source", "outcome"),
                    "dim_weeks": ("week_status", "is_data_gap", "is_sampled"),
                    "fct_weekly_active_tokens": (
                        *("resolution_method", "lifecycle", "is_left_censored", "channel"),
                        *("company_size_band", "github_stars_band", "sdk", "api"),
                    ),
                    "fct_retention_weekly": ("grain", "is_mature"),
                    "fct_rolling_active_tokens_daily": ("rolling_7_day_active_tokens",),
                }.items()
                for row in marts[name]
                for column in columns
            }
            for row in marts["fct_weekly_active_tokens"]:
                seen |= {
                    f"{name} then and now"
                    for name in ("company_size_band", "industry", "plan", "country")
                    if row[name] != row[f"{name}_current"]
                }
                if row["github_stars_band"] != row["github_stars_band_current"]:
                    seen.add("stars then and now")
                if row["token_lineage_id"] != row["token_id"]:
                    seen.add("a rotated token")
                if row["ultimate_parent_company_id"] != row["company_id"]:
                    seen.add("a parent")
            for row in marts["fct_growth_accounting_weekly"]:
                for name in ("quick_ratio", "quick_ratio_trailing_4_weeks", "resurrected"):
                    if row[name]:
                        seen.add((name, row["grain"]))
            for company_id in program.registry.companies.versions:
                latest = program.registry.companies.latest(company_id)
                if latest["merged_into_company_id"] not in (None, company_id):
                    survived = program.registry.survivor(company_id) == company_id
                    seen.add("a merger refused" if survived else "a merger")
    outcomes = (
        "malformed duplicate no_token failed_authentication unsuccessful internal synthetic bot "
        "sandbox qualified"
    )
    bands = "unknown 1-10 11-50 51-200 201-1000 1001-5000 5001+"
    expected: set[object] = {
        *(("outcome", outcome) for outcome in outcomes.split()),
        *(("source", source) for source in ("api_gateway", "cloudtrail")),
        *(("week_status", status) for status in ("open", "settling", "final")),
        *(("company_size_band", band) for band in bands.split()),
        *(("github_stars_band", band) for band in "unknown 0 1-9 10-99 100-999 1000+".split()),
        *(("lifecycle", word) for word in ("new", "retained", "resurrected")),
        *(
            ("resolution_method", method)
            for method in "manual token developer contact domain unresolved".split()
        ),
        *(
            ("channel", channel)
            for channel in ("Direct", "Organic Search", "Paid Search", "Paid Social", "Email")
            + ("Referral", "Unassigned", "unknown")
        ),
        *(
            (name, grain)
            for name in ("quick_ratio", "quick_ratio_trailing_4_weeks", "resurrected")
            for grain in ("token_lineage", "developer", "company")
        ),
        *(
            (name, value)
            for name in ("is_data_gap", "is_sampled", "is_left_censored", "is_mature")
            for value in (True, False)
        ),
        *(("rolling_7_day_active_tokens", value) for value in (None, 0, 1, 2, 3)),
        *(
            f"{name} then and now"
            for name in ("company_size_band", "industry", "plan", "country", "stars")
        ),
        *(("api", "unknown"), ("sdk", "unknown")),
        *("a rotated token", "a parent", "a merger", "a merger refused"),
    }
    assert expected - seen == set()
