"""When the sample's world happens, and what is planted in it.

The period is fixed, so that a sample never depends on the day it is made. It begins on a Monday, so
that the first week is whole, and ends on a Thursday, so that the last week is open. Each planted
event has weeks enough before it to compare with and after it to see what became of it, and none
overlaps another.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

FIRST_DAY = date(2024, 7, 1)
"""Monday of the first week with API logs."""

LAST_DAY = date(2025, 12, 18)
"""Thursday of the 77th week: the last day of everything."""

END_AT = datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time())
"""First instant after the period."""

FIRST_SIGN_UP_DAY = date(2024, 1, 1)
"""Half a year before the logs: some developers were there before anybody was logging (left
truncation)."""

SDK_RELEASE_ON = date(2025, 3, 3)
"""From here on the Python SDK's quickstart halves the time to a first success, and so fewer give up
before it; nine months of sign-ups lie on either side."""

SDK_LANGUAGE = "python"

SDK_FACTOR = 0.5
"""What the release multiplies the delay of the language's developers by; the rate at which people
make it is divided by it, so that of the share who never would, its square (for a half) remains."""

LATE_WEEK = date(2025, 5, 5)
"""A quarter of this week's rows arrives in a file of its own, 12 weeks later."""

LATE_FILE = "2025-W31-late"

OUTAGE_WEEK = date(2025, 6, 16)
"""Monday of the week without a single row: mid-2025, far from the other events."""

ROTATED_AT = datetime(2025, 8, 27, 10, 30)
"""When the silent customer makes its new key: a Wednesday, so that old and new are both used that
week."""

SILENT_AT = datetime(2025, 9, 22)
"""The silent customer's first moment of silence: a Monday, four weeks after that of the rotation,
which leaves three whole weeks with the new key and three months to notice."""

CAMPAIGN_WEEK = date(2025, 10, 13)
"""First Monday of the campaign's two weeks; seven weeks are left to see that nobody stays."""

CAMPAIGN = {"source": "facebook", "medium": "paid_social", "name": "autumn-boost"}

UNKNOWN_KEY_WEEK = date(2025, 2, 3)
"""From here on a key that no registry knows calls five times a week."""

REDELIVERED_FILE = "2025-W10"
"""This week's file lies there twice, byte for byte, under two names."""


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
