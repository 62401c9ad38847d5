"""What moves the metrics once more, slow and plain, written from definition D24.

A program is taken unit by unit and week by week; nothing is summed before it is looked at.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.properties.hello_worlds import FAILED, SUCCESSFUL, HelloWorlds
from tests.properties.reference import (
    DAY,
    WEEK,
    Marts,
    Program,
    Row,
    Tables,
    Week,
    client_of,
    local_day,
    week_of,
    weekly_active_companies,
    weekly_active_tokens,
)

OF_COMPANIES = ("company_size_band", "industry", "plan", "country")
CLIENTS = ("sdk", "language", "client_kind")
OF_TOKENS = (*OF_COMPANIES, "channel", "github_stars_band", *CLIENTS, "api")
OF_SIGN_UPS = (*OF_COMPANIES, "channel", "github_stars_band", *CLIENTS)
WINDOW_WEEKS = 13
COUNTS = {
    "weekly_active_tokens": "token_id",
    "weekly_active_token_lineages": "token_lineage_id",
    "weekly_active_developers": "developer_id",
    "weekly_active_companies": "company_id",
}


@dataclass
class Unit:
    """Somebody or something that is active in a week.

    Attributes:
        segments: of each dimension.
        amount: what it counts for.
        family: within what it may move.
    """

    segments: dict[str, str]
    amount: int
    family: str


@dataclass
class Part:
    """What a segment has to do with a change; the names are those of the columns."""

    value: float = 0
    previous_value: float = 0
    new: int = 0
    resurrected: int = 0
    churned: int = 0
    switched_in: int = 0
    switched_out: int = 0
    expanded: int = 0
    contracted: int = 0
    units: int = 0
    previous_units: int = 0
    own: dict[str, Any] = field(default_factory=dict)


def comparisons(weeks: list[Week]) -> Iterator[tuple[Week, str, date]]:
    """Each final week with what it is compared with."""
    starts = {week.start for week in weeks if not week.is_gap}
    for week in weeks:
        if week.is_gap or week.status != "final":
            continue
        before = [start for start in starts if start < week.start]
        if before:
            yield week, "week", max(before)
        if week.start - 4 * WEEK in starts:
            yield week, "4_weeks", week.start - 4 * WEEK


class Drivers:
    """All contributions of a program.

    Attributes:
        program: the program.
        units: by metric, week and id.
    """

    def __init__(self, program: Program, tables: Tables) -> None:
        self.program = program
        self.tracked = [week.start for week in program.weeks if not week.is_gap]
        tokens = weekly_active_tokens(program)
        companies = weekly_active_companies(program)
        self.units: dict[str, dict[date, dict[str, Unit]]] = {
            metric: defaultdict(dict) for metric in (*COUNTS, "qualified_requests")
        }
        for metric, key in COUNTS.items():
            rows = companies if key == "company_id" else self._busiest(tokens, key)
            dimensions = OF_COMPANIES if key == "company_id" else OF_TOKENS
            for row in rows:
                unit = Unit({name: row[name] for name in dimensions}, 1, row[key])
                self.units[metric][row["week_start"]][row[key]] = unit
        for row in tokens:
            segments = {name: row[name] for name in OF_TOKENS}
            unit = Unit(segments, row["qualified_requests"], row["token_lineage_id"])
            self.units["qualified_requests"][row["week_start"]][row["token_id"]] = unit
        for weeks in self.units.values():
            self._add_ages(weeks)
        self.tokens_per_company = {
            start: [
                (unit, row["active_tokens"])
                for row in companies
                if row["week_start"] == start
                for unit in [self.units["weekly_active_companies"][start][row["company_id"]]]
            ]
            for start in self.tracked
        }
        self.hello_worlds = HelloWorlds(program, tables)

    @staticmethod
    def _busiest(tokens: list[Row], key: str) -> list[Row]:
        """The token with most requests of each unit and week."""
        found: dict[tuple[date, str], Row] = {}
        for row in sorted(tokens, key=lambda one: (-one["qualified_requests"], one["token_id"])):
            if row[key] is not None:
                found.setdefault((row["week_start"], row[key]), row)
        return list(found.values())

    def _add_ages(self, weeks: Mapping[date, Mapping[str, Unit]]) -> None:
        for start, units in weeks.items():
            for unit_id, unit in units.items():
                first = min(week for week, others in weeks.items() if unit_id in others)
                age = self.tracked.index(start) - self.tracked.index(first)
                bands = [(0, "0"), (3, "1-3"), (12, "4-12"), (51, "13-51"), (math.inf, "52+")]
                band = next(name for most, name in bands if age <= most)
                unit.segments["cohort_age"] = (
                    "left_censored" if first == self.program.weeks[0].start else band
                )

    def _first_of_family(self, metric: str, family: str) -> date:
        return min(
            start
            for start, units in self.units[metric].items()
            if any(unit.family == family for unit in units.values())
        )

    def counts(self, metric: str, now: date, before: date) -> dict[tuple[str, str], Part]:
        """The parts of each dimension and segment of a count or a sum."""
        parts: dict[tuple[str, str], Part] = defaultdict(Part)
        units, previous = self.units[metric][now], self.units[metric][before]
        families = {unit.family for unit in units.values()}
        previous_families = {unit.family for unit in previous.values()}
        for unit_id in {*units, *previous}:
            unit, other = units.get(unit_id), previous.get(unit_id)
            family = (unit or other).family
            for dimension in ("all", *(unit or other).segments):
                if unit:
                    segment = unit.segments.get(dimension, "all")
                    part = parts[dimension, segment]
                    part.value += unit.amount
                    part.units += 1
                    if other is None and family in previous_families:
                        part.switched_in += unit.amount
                    elif other is None and self._first_of_family(metric, family) > before:
                        part.new += unit.amount
                    elif other is None:
                        part.resurrected += unit.amount
                    elif other.segments.get(dimension, "all") != segment:
                        part.switched_in += unit.amount
                    else:
                        part.expanded += max(unit.amount - other.amount, 0)
                        part.contracted += max(other.amount - unit.amount, 0)
                if other:
                    segment = other.segments.get(dimension, "all")
                    part = parts[dimension, segment]
                    part.previous_value += other.amount
                    part.previous_units += 1
                    if unit is None and family in families:
                        part.switched_out += other.amount
                    elif unit is None:
                        part.churned += other.amount
                    elif unit.segments.get(dimension, "all") != segment:
                        part.switched_out += other.amount
        return parts

    def observations(self, metric: str, start: date) -> list[tuple[dict[str, str], int]]:
        """The segments of each unit of a rate in a week, and what is counted of it."""
        if metric == "tokens_per_company":
            return [(unit.segments, amount) for unit, amount in self.tokens_per_company[start]]
        week = next(week for week in self.program.weeks if week.start == start)
        settings = self.program.settings
        found = []
        for developer in self.hello_worlds.developers.values():
            clock = developer.clock
            cohort = week_of(local_day(clock.began_at, settings), settings)
            in_window = cohort <= start < cohort + WINDOW_WEEKS * WEEK
            if not in_window or not clock.is_in or clock.start > week.as_of:
                continue
            watched = min(clock.deleted or week.as_of, week.as_of) - clock.start
            if watched < 7 * DAY:
                continue
            is_converted = clock.event is not None and clock.event <= week.as_of
            is_fast = is_converted and clock.event - clock.start <= 7 * DAY
            segments = dict(developer.traits) | self._first_client(developer.own, week)
            segments = {name: segments[name] for name in OF_SIGN_UPS}
            found.append((segments, int(is_fast)))
        return found

    @staticmethod
    def _first_client(own: list[Any], week: Week) -> dict[str, str]:
        """Known of who has called by then."""
        called = [
            (request.requested_at, client_of(request.user_agent))
            for request in own
            if request.outcome in (*FAILED, *SUCCESSFUL) and request.requested_at <= week.as_of
        ]
        return (min(called)[1] if called else client_of(None))._asdict()


def surprise(previous_share: float, share: float) -> float:
    """The term of a segment in the divergence of Jensen and Shannon."""
    middle = (previous_share + share) / 2
    terms = [one * math.log(one / middle) for one in (previous_share, share) if one]
    return sum(terms) / 2


def _rows_of_counts(drivers: Drivers, metric: str, now: date, before: date) -> Iterator[Row]:
    parts = drivers.counts(metric, now, before)
    total = parts.get(("all", "all"), Part())
    change = total.value - total.previous_value
    is_sum = metric == "qualified_requests"
    for (dimension, segment), part in parts.items():
        contribution = part.value - part.previous_value
        row = {"dimension": dimension, "segment": segment} | {
            name: getattr(part, name)
            for name in (
                *("value", "previous_value", "new", "resurrected", "churned"),
                *("switched_in", "switched_out"),
            )
        }
        mean = part.value / part.units if part.units else None
        previous_mean = part.previous_value / part.previous_units if part.previous_units else None
        mean, previous_mean = (
            previous_mean if mean is None else mean,
            mean if previous_mean is None else previous_mean,
        )
        yield row | {
            "contribution": contribution,
            "expanded": part.expanded if is_sum else None,
            "contracted": part.contracted if is_sum else None,
            "weight": part.units if is_sum else None,
            "previous_weight": part.previous_units if is_sum else None,
            "rate_effect": part.previous_units * (mean - previous_mean) if is_sum else None,
            "mix_effect": (part.units - part.previous_units) * mean if is_sum else None,
            "share_of_change": contribution / change if change else None,
            "contribution_to_growth_rate": (
                contribution / total.previous_value if total.previous_value else None
            ),
            "surprise": surprise(
                part.previous_value / total.previous_value if total.previous_value else 0,
                part.value / total.value if total.value else 0,
            ),
        }


def _rows_of_rates(drivers: Drivers, metric: str, now: date, before: date) -> Iterator[Row]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for place, start in ((0, now), (2, before)):
        for segments, counted in drivers.observations(metric, start):
            for dimension, segment in {**segments, "all": "all"}.items():
                sums[dimension, segment][place] += counted
                sums[dimension, segment][place + 1] += 1
    all_counted, all_units, all_counted_before, all_units_before = sums["all", "all"]
    if not all_units or not all_units_before:
        return
    whole_before = all_counted_before / all_units_before
    change = all_counted / all_units - whole_before
    for (dimension, segment), (counted, units, counted_before, units_before) in sums.items():
        rate = counted / units if units else None
        rate_before = counted_before / units_before if units_before else None
        share, share_before = units / all_units, units_before / all_units_before
        now_rate = rate_before if rate is None else rate
        then_rate = rate if rate_before is None else rate_before
        rate_effect = share * (now_rate - then_rate)
        mix_effect = (share - share_before) * (then_rate - whole_before)
        yield {
            "dimension": dimension,
            "segment": segment,
            "value": rate,
            "previous_value": rate_before,
            "contribution": rate_effect + mix_effect,
            **dict.fromkeys(("new", "resurrected", "churned", "switched_in", "switched_out")),
            "expanded": None,
            "contracted": None,
            "weight": share,
            "previous_weight": share_before,
            "rate_effect": rate_effect,
            "mix_effect": mix_effect,
            "share_of_change": (
                (rate_effect + mix_effect) / change if abs(change) > 1e-12 else None
            ),
            "contribution_to_growth_rate": (
                (rate_effect + mix_effect) / whole_before if whole_before else None
            ),
            "surprise": surprise(
                counted_before / all_counted_before if all_counted_before else 0,
                counted / all_counted if all_counted else 0,
            )
            + surprise(share_before, share),
        }


def drivers_weekly(program: Program, tables: Tables) -> list[Row]:
    """The rows of fct_north_star_drivers_weekly without their ranks."""
    if program.watermark is None:
        return []
    drivers = Drivers(program, tables)
    rows = []
    for week, comparison, before in comparisons(program.weeks):
        key = {"week_start": week.start, "comparison": comparison}
        for metric in drivers.units:
            for row in _rows_of_counts(drivers, metric, week.start, before):
                rows.append(key | {"metric": metric} | row)
        for metric in ("tokens_per_company", "converted_7d_rate"):
            for row in _rows_of_rates(drivers, metric, week.start, before):
                rows.append(key | {"metric": metric} | row)
    return rows


def ranked(rows: list[Row], least: float = 0.1, enough: float = 0.67) -> dict[tuple, list[tuple]]:
    """The dimensions and segments of each change in the order of Adtributor's algorithm.

    Args:
        rows: of fct_north_star_drivers_weekly, whose surprises are taken as they are.
        least: share of the change that a segment has to explain.
        enough: share that is enough of an explanation.

    Returns:
        By metric, week and comparison: dimension, segment and whether it explains the change.
    """
    changes: dict[tuple, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["dimension"] != "all":
            key = (row["metric"], row["week_start"], row["comparison"])
            changes[key][row["dimension"]].append(row)
    found = {}
    for key, dimensions in changes.items():
        judged = []
        for dimension, segments in dimensions.items():
            explained, total, named, others = 0.0, 0.0, [], []
            for row in sorted(segments, key=lambda one: (-one["surprise"], one["segment"])):
                share = row["share_of_change"]
                is_named = share is not None and share >= least and explained < enough
                if share is not None and share >= least:
                    explained += share
                total += row["surprise"] if is_named else 0
                (named if is_named else others).append((dimension, row["segment"], is_named))
            judged.append((-round(total, 11), dimension, named + others))
        found[key] = [one for _, _, ordered in sorted(judged) for one in ordered]
    return found


def marts_of_drivers(program: Program, tables: Tables) -> Marts:
    """The rows of the mart that this reference knows."""
    return {"fct_north_star_drivers_weekly": drivers_weekly(program, tables)}
