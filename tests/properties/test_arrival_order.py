"""Increments in any order, however many, give the rows of one full build (definitions D19, D20).

The reference is not asked here, so these worlds also have what it does not know: two versions, or
two deliveries, of one time that differ in content.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.properties.comparison import RANDOM_VARIANTS, differences, message, seeds
from tests.properties.warehouse import VARIANTS, Warehouse
from tests.properties.worlds import (
    COMPANIES,
    CONTACTS,
    DEVELOPERS,
    EVENTS,
    PROFILES,
    REQUESTS,
    TOKENS,
    Row,
    World,
    deliver,
    random_world,
    raw_columns,
)

pytestmark = pytest.mark.services

# After every request but those whose clock runs years ahead.
FIRST_LANDING = datetime(2022, 1, 1)
LOGS = (REQUESTS, EVENTS)
# What says of which thing a row is, and of what time.
KEPT_IN_TIES = {
    REQUESTS: {"request_id", "requested_at"},
    EVENTS: {"event_id", "event_time"},
    DEVELOPERS: {"developer_id", "signed_up_at", "updated_at"},
    TOKENS: {"token_id", "created_at", "updated_at"},
    CONTACTS: {"contact_id", "created_at", "updated_at"},
    COMPANIES: {"company_id", "created_at", "updated_at"},
    PROFILES: {"github_login", "captured_at"},
}


def bare(row: Row) -> Row:
    """A row without what its file says of it."""
    return {name: value for name, value in row.items() if name[0] != "_"}


def with_ties(table: str, rows: list[Row], chance: random.Random) -> list[Row]:
    """The rows, and some once more with what another row says."""
    ties = []
    for row in rows if table in KEPT_IN_TIES else ():
        if chance.random() < 0.3:
            other = chance.choice(rows)
            ties.append(other | {name: row[name] for name in KEPT_IN_TIES[table]})
    return [*rows, *ties]


def piles_of(world: World, chance: random.Random) -> dict[str, list[list[Row]]]:
    """The rows of each raw table in piles that no file may divide.

    Equal rows without an id are as many requests as their file has of them, so they stay together.
    """
    piles: dict[str, list[list[Row]]] = {}
    for table in sorted(raw_columns().keys() & world.tables.keys()):
        rows = [bare(row) for row in world.tables[table]]
        together: dict[object, list[Row]] = defaultdict(list)
        for row in with_ties(table, rows, chance):
            together[tuple(row.values()) if table in LOGS else object()].append(row)
        piles[table] = list(together.values())
    return piles


def landed(
    piles: dict[str, list[list[Row]]], increments: int, chance: random.Random
) -> list[dict[str, list[Row]]]:
    """The rows as that many batches, two files of each table in each.

    Args:
        piles: of each table.
        increments: number of batches; a batch may have no row of a table.
        chance: which pile comes in which file, and in which order.
    """
    batches: list[dict[str, list[Row]]] = [defaultdict(list) for _ in range(increments)]
    for table in piles:
        files: list[list[Row]] = [[] for _ in range(2 * increments)]
        for pile in piles[table]:
            chance.choice(files).extend(pile)
        for number, rows in enumerate(files):
            chance.shuffle(rows)
            batch = number // 2
            landed_at = FIRST_LANDING + batch * timedelta(hours=1)
            name = f"{table} {number} of {len(files)}"
            batches[batch][table] += deliver(rows, name, landed_at)
    return batches


@pytest.mark.parametrize("seed", seeds()[:2])
@pytest.mark.parametrize("variant", RANDOM_VARIANTS)
def test_increments_in_any_order_equal_one_full_build(
    variant: str, seed: int, warehouse: Callable[[str], Warehouse]
) -> None:
    # Other worlds than those that the reference is compared with.
    world = random_world(seed + 2_000, VARIANTS[variant])
    chance = random.Random(seed)
    piles = piles_of(world, chance)
    seeds = {name: rows for name, rows in world.tables.items() if name not in raw_columns()}
    (whole,) = landed(piles, 1, chance)
    expected = warehouse(variant).build(whole | seeds)
    first, *others = landed(piles, chance.choice((2, 3, 4)), chance)
    found = warehouse(variant).build(first | seeds, *others)
    told = differences(expected, found)
    assert not told, message(seed, variant, told)
    assert expected["fct_weekly_active_tokens"]
