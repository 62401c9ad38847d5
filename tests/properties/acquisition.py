"""Scorecards and silent companies once more, slow and plain, written from D21 and D27."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any

from tests.properties.hello_worlds import FAILED, SIZE_BANDS, HelloWorlds, one_endpoint
from tests.properties.reference import (
    CHANNELS,
    WEEK,
    Marts,
    Program,
    Tables,
    TokenWeek,
    Week,
    described_company,
    local_day,
    week_of,
)

# Small enough for worlds of a few weeks.
VARS = {
    "scorecard_baseline_weeks": 3,
    "rise_deviations": 1.5,
    "smallest_rise": 2,
    "silent_after_weeks": 1,
    "lost_after_weeks": 3,
}
INPUTS = ("page_views", "sign_ups", "tokens_created")
OUTCOMES = ("first_requests_7d", "hello_worlds_7d")


@dataclass
class Arrival:
    """A page view, a sign-up or a token, and where it came from.

    Attributes:
        kind: one of INPUTS.
        developer_id: of a sign-up.
    """

    kind: str
    week: Any
    channel: str
    campaign: str
    developer_id: str | None = None


class Acquisition:
    """What came from where, and what became of it."""

    def __init__(self, worlds: HelloWorlds, tables: Tables) -> None:
        self.worlds = worlds
        self.program: Program = worlds.program
        self.arrivals = list(self._arrivals(tables))

    def _week(self, instant: datetime) -> Any:
        settings = self.program.settings
        return week_of(local_day(instant, settings), settings)

    def _origin(self, developer_id: str | None) -> tuple[str, str]:
        registry = self.program.registry
        latest = registry.developers.latest(developer_id)
        if latest is None:
            return "unknown", ""
        then = registry.developers.at(developer_id, latest["signed_up_at"])
        return registry.channel(developer_id), clean(then["utm_campaign"])

    def _arrivals(self, tables: Tables) -> Iterator[Arrival]:
        registry, watermark = self.program.registry, self.program.watermark
        for developer_id, developer in self.worlds.developers.items():
            at = developer.latest["signed_up_at"]
            if at <= watermark:
                origin = self._origin(developer_id)
                yield Arrival("sign_ups", self._week(at), *origin, developer_id)
        for token_id, (_, token) in registry.tokens.latest_versions().items():
            owner = self.worlds._first_owner(token_id)
            if token["created_at"] <= watermark and not registry.is_internal(owner):
                yield Arrival(
                    "tokens_created", self._week(token["created_at"]), *self._origin(owner)
                )
        for row in tables.get("website/page_views", ()):
            if row["occurred_at"] <= watermark:
                channel = CHANNELS[row["utm_source"], row["utm_medium"], row["referrer"]]
                campaign = clean(row["utm_campaign"])
                yield Arrival("page_views", self._week(row["occurred_at"]), channel, campaign)

    def outcomes(self, week: Week, developer_ids: Sequence[str]) -> dict[str, int | None]:
        """What became of the sign-ups of a week."""
        program, weeks = self.program, {week.start: week for week in self.program.weeks}
        following, fourth = weeks.get(week.start + WEEK), weeks.get(week.start + 4 * WEEK)
        row: dict[str, int | None] = dict.fromkeys(OUTCOMES)
        if (
            not week.is_gap
            and not (following and following.is_gap)
            and week.ends_at + WEEK <= program.watermark
        ):
            people = [self.worlds.developers[developer_id] for developer_id in developer_ids]
            firsts = [one.milestones["first_request_at"] for one in people]
            hellos = [one.clock.event if one.clock.is_converted else None for one in people]
            for name, times in zip(OUTCOMES, (firsts, hellos), strict=True):
                row[name] = sum(
                    at is not None and at <= one.latest["signed_up_at"] + WEEK
                    for one, at in zip(people, times, strict=True)
                )
        row |= {"active_developers_week_4": None, "active_companies_week_4": None}
        if fourth and fourth.status == "final" and not fourth.is_gap:
            active = [
                one
                for one in program.active
                if one.week is fourth and one.developer_id in developer_ids
            ]
            row["active_developers_week_4"] = len({one.developer_id for one in active})
            row["active_companies_week_4"] = len({one.company_id for one in active} - {None})
        return row

    def scorecard(self, *, by_campaign: bool) -> list[dict[str, Any]]:
        """One row per week and channel, or campaign."""
        groups: dict[tuple[str, ...], list[Arrival]] = defaultdict(list)
        for one in self.arrivals:
            if by_campaign and one.campaign:
                groups[one.channel, one.campaign].append(one)
            elif not by_campaign:
                groups[(one.channel,)].append(one)
        rows = []
        for key, arrivals in groups.items():
            first = min(one.week for one in arrivals)
            known: list[tuple[Week, dict[str, Any]]] = []
            for week in self.program.weeks:
                here = [one for one in arrivals if one.week == week.start]
                row = {name: sum(one.kind == name for one in here) for name in INPUTS}
                signed_up = [one.developer_id for one in here if one.developer_id]
                row |= self.outcomes(week, signed_up)
                for unit, active in (("developer", "developers"), ("company", "companies")):
                    divisor = row[f"active_{active}_week_4"]
                    row[f"sign_ups_per_active_{unit}"] = (
                        row["sign_ups"] / divisor if divisor else None
                    )
                flags = judged(row, [before for at, before in known if not at.is_gap])
                known.append((week, row))
                if not by_campaign or week.start >= first:
                    named = dict(zip(("channel", "campaign"), key, strict=False))
                    status = {"week_start": week.start, "week_status": week.status}
                    rows.append(status | named | row | flags)
        return rows


def clean(campaign: str | None) -> str:
    """A campaign as it is compared."""
    return (campaign or "").strip().lower()


def judged(row: dict[str, Any], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is usual after the tracked weeks before, and what rose beyond it."""
    flags: dict[str, Any] = {}
    rises: dict[str, bool | None] = {}
    weeks = VARS["scorecard_baseline_weeks"]
    for name in (*INPUTS, "hello_worlds_7d"):
        values = [one[name] for one in before[-weeks:] if one[name] is not None]
        flags[f"usual_{name}"] = rises[name] = None
        if 2 * len(values) < weeks:
            continue
        usual = flags[f"usual_{name}"] = float(median(values))
        deviation = 1.4826 * median(abs(value - usual) for value in values)
        if row[name] is not None:
            rises[name] = row[name] > usual + VARS["rise_deviations"] * deviation
            if name in INPUTS and row[name] < max(2 * usual, usual + VARS["smallest_rise"]):
                rises[name] = False
    has_rising_value = rises.pop("hello_worlds_7d")
    has_rising_inputs = None if None in rises.values() else any(rises.values())
    is_known = has_rising_inputs is not None and has_rising_value is not None
    return flags | {
        "has_rising_inputs": has_rising_inputs,
        "has_rising_value": has_rising_value,
        "is_vanity": has_rising_inputs and not has_rising_value if is_known else None,
    }


def silent_companies(program: Program) -> list[dict[str, Any]]:
    """Who to call, in order."""
    registry, lineages = program.registry, program.registry.lineages()
    histories: dict[str, list[TokenWeek]] = defaultdict(list)
    last_of: dict[str, TokenWeek] = {}

    def last_at(one: TokenWeek) -> datetime:
        return max(request.requested_at for request in one.qualified)

    for one in sorted(program.active, key=lambda one: (last_at(one), one.token_id)):
        last_of[one.lineage_id] = one
        if one.company_id is not None:
            histories[one.company_id].append(one)
    ranked = []
    for company_id, history in histories.items():
        starts = {one.week.start for one in history}
        silent_weeks = sum(
            week.status == "final" and not week.is_gap and week.start > max(starts)
            for week in program.weeks
        )
        if not VARS["silent_after_weeks"] <= silent_weeks <= VARS["lost_after_weeks"]:
            continue
        last_week = [one for one in history if one.week.start == max(starts)]
        silent_since = max(map(last_at, last_week))
        failures = sorted(
            (
                request
                for request in program.accepted
                if request.outcome in FAILED
                and request.requested_at <= program.watermark
                and (last := last_of.get(lineages.get(request.token_id, request.token_id)))
                and last.company_id == company_id
            ),
            key=lambda one: (one.requested_at, one.status, one_endpoint(one)),
        )
        last = failures[-1] if failures else None
        requests = [
            sum(len(one.qualified) for one in history if one.week.start == start)
            for start in starts
        ]
        row = {
            "company_id": company_id,
            "ultimate_parent_company_id": registry.ultimate_parent(company_id),
            **described_company(registry.companies.latest(company_id)),
            "last_active_week": max(starts),
            "silent_since": silent_since,
            "silent_weeks": silent_weeks,
            "active_weeks": len(starts),
            "active_tokens": len(last_week),
            "active_developers": len({one.developer_id for one in last_week} - {None}),
            "usual_weekly_requests": fmean(requests),
            "last_error_status_code": last and last.status,
            "last_error_endpoint": (last and one_endpoint(last)) or None,
            "last_error_at": last and last.requested_at,
            "errors_since_last_success": sum(one.requested_at > silent_since for one in failures),
        }
        band = SIZE_BANDS.index(row["company_size_band"])
        order = (band, -row["active_weeks"], -row["usual_weekly_requests"], company_id)
        ranked.append((order, row))
    return [
        {"stake_rank": place, **row}
        for place, (_, row) in enumerate(sorted(ranked, key=lambda one: one[0]), start=1)
    ]


def marts_of_acquisition(program: Program, tables: Tables) -> Marts:
    """The rows of the scorecards and of silent companies."""
    names = (
        "fct_channel_scorecard_weekly",
        "fct_campaign_scorecard_weekly",
        "fct_silent_companies",
    )
    if program.watermark is None:
        return {name: [] for name in names}
    acquisition = Acquisition(HelloWorlds(program, tables), tables)
    channels = acquisition.scorecard(by_campaign=False)
    campaigns = acquisition.scorecard(by_campaign=True)
    return dict(zip(names, (channels, campaigns, silent_companies(program)), strict=True))
