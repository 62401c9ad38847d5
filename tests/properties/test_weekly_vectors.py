"""Two small histories whose weekly numbers were counted by hand, through the project's SQL.

Each person has one token, one developer and one company, so all three grains tell the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import pytest

from tests.properties.warehouse import Warehouse
from tests.properties.worlds import DEVELOPERS, REQUESTS, TOKENS, Row, deliver, full_row

GRAINS = ("token_lineage", "developer", "company")
NOON = time(12)
DAY = timedelta(days=1)
Dates = Mapping[str, Sequence[date]]


def world_of(dates: Dates) -> dict[str, list[Row]]:
    """One qualified request at noon on each date, and one that was refused on every day.

    The refused ones go on until three weeks after the last date, so that every week is final and
    none is a gap.
    """
    days = [day for of_person in dates.values() for day in of_person]
    first, end = min(days), max(days) + 22 * DAY
    requests = [
        full_row(
            REQUESTS,
            request_id=f"{person} {day}",
            requested_at=datetime.combine(day, NOON),
            token_id=f"token of {person}",
            status_code=200,
        )
        for person, of_person in dates.items()
        for day in of_person
    ] + [
        full_row(REQUESTS, requested_at=datetime.combine(first, NOON) + n * DAY, status_code=401)
        for n in range((end - first).days)
    ]
    signed_up_at = datetime.combine(first, NOON) - 30 * DAY
    developers = [
        full_row(
            DEVELOPERS,
            developer_id=f"developer {person}",
            company_id=f"company of {person}",
            signed_up_at=signed_up_at,
        )
        for person in dates
    ]
    tokens = [
        full_row(
            TOKENS,
            token_id=f"token of {person}",
            developer_id=f"developer {person}",
            created_at=signed_up_at,
        )
        for person in dates
    ]
    tables = {REQUESTS: requests, DEVELOPERS: developers, TOKENS: tokens}
    landed_at = datetime.combine(end, NOON)
    return {table: deliver(rows, table, landed_at) for table, rows in tables.items()}


def dates_in(year: int, text: str) -> list[date]:
    """The dates of a year in a text such as ``02-01 02-05``."""
    return [date.fromisoformat(f"{year}-{day}") for day in text.split()]


PERSONS = {
    "p1": dates_in(2020, "02-01 02-05 02-10 02-15 02-27 03-02"),
    "p2": dates_in(2020, "02-11 02-18"),
    "p3": dates_in(2020, "02-12"),
    "p4": dates_in(2020, "02-27"),
}
# p3 on a Sunday: in the same week as before if weeks begin on Monday, in the next one if not.
PERSONS_WITH_SUNDAY = PERSONS | {"p3": dates_in(2020, "02-16")}
SIX_WEEKS = {
    "new": [0, 2, 0, 1, 0, 0],
    "retained": [1, 1, 1, 0, 1, 0],
    "resurrected": [0, 0, 0, 1, 0, 0],
    "churned": [0, 0, 2, 1, 1, 1],
}
SIX_SUNDAY_WEEKS = {
    "new": [0, 1, 1, 1, 0, 0],
    "retained": [1, 1, 1, 0, 1, 0],
    "resurrected": [0, 0, 0, 1, 0, 0],
    "churned": [0, 0, 1, 2, 1, 1],
}


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize(
    ("variant", "persons", "first_week", "expected"),
    [
        ("defaults", PERSONS, date(2020, 2, 3), SIX_WEEKS),
        ("sundays", PERSONS, date(2020, 2, 2), SIX_WEEKS),
        ("defaults", PERSONS_WITH_SUNDAY, date(2020, 2, 3), SIX_WEEKS),
        ("sundays", PERSONS_WITH_SUNDAY, date(2020, 2, 2), SIX_SUNDAY_WEEKS),
    ],
    ids=["mondays", "sundays", "mondays, p3 on Sunday", "sundays, p3 on Sunday"],
)
def test_four_persons_come_and_go_as_counted_by_hand(
    grain: str,
    variant: str,
    persons: Dates,
    first_week: date,
    expected: dict[str, list[int]],
    warehouse: Callable[[str], Warehouse],
) -> None:
    marts = warehouse(variant).build(world_of(persons))
    growth = {
        row["week_start"]: row
        for row in marts["fct_growth_accounting_weekly"]
        if row["grain"] == grain
    }
    before = growth[first_week - 7 * DAY]
    assert [before[name] for name in ("active", "new", "is_left_censored")] == [1, 1, True]
    weeks = [growth[first_week + number * 7 * DAY] for number in range(6)]
    assert {week["week_status"] for week in weeks} == {"final"}
    assert {name: [week[name] for week in weeks] for name in expected} == expected


@pytest.mark.parametrize("grain", GRAINS)
def test_a_cohort_of_two_comes_back_as_counted_by_hand(
    grain: str, warehouse: Callable[[str], Warehouse]
) -> None:
    persons = {
        "A": dates_in(2020, "06-10 06-11 06-17 06-24 07-04 07-11"),
        "B": dates_in(2020, "06-10 06-11 06-17 07-04 07-11 07-25"),
    }
    marts = warehouse("defaults").build(world_of(persons))
    cohort = {
        row["weeks_since"]: row for row in marts["fct_retention_weekly"] if row["grain"] == grain
    }
    assert {row["cohort_week"] for row in cohort.values()} == {date(2020, 6, 8)}
    assert {row["cohort_size"] for row in cohort.values()} == {2}
    assert [cohort[week]["active"] for week in range(7)] == [2, 2, 1, 2, 2, 0, 1]
    assert [cohort[week]["active_on_or_after"] for week in range(7)] == [2, 2, 2, 2, 2, 1, 1]
    assert all(cohort[week]["is_mature"] for week in range(7))
