"""The time to first hello world once more, slow and plain, written from the definitions D14 to D18.

Percentiles and limits of curves are held against another program in test_survival.py; here it is
who is on a curve, in which segment, for how long and why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.properties.reference import (
    DAY,
    Client,
    Marts,
    Program,
    Request,
    Row,
    Tables,
    client_of,
    kinds_of,
    local_day,
    size_band,
    stars_band,
    week_of,
)

# Small enough for worlds of a few weeks.
VARS = {
    "nth_production_success": 3,
    "sdk_window_days": 9,
    "funnel_days": 9,
    "stuck_after_days": 4,
    "small_sample_size": 4,
}
FAILED = ("failed_authentication", "unsuccessful")
SUCCESSFUL = ("qualified", "sandbox")
HORIZONS = {"1h": 3600, "24h": 86400, "7d": 604800, "28d": 2419200}
DIMENSIONS = (
    *("channel", "company_size_band", "industry", "plan"),
    *("country", "github_stars_band", "sdk", "language", "client_kind", "greenfield"),
)
SIZE_BANDS = ("5001+", "1001-5000", "201-1000", "51-200", "11-50", "1-10", "unknown")
BANDS = ("up to 1 h", "1 h to 24 h", "1 d to 7 d", "7 d to 28 d", "over 28 d")


def seconds_between(earlier: datetime | None, later: datetime | None) -> float | None:
    """Seconds from one to the other, None without one of them."""
    return None if earlier is None or later is None else (later - earlier).total_seconds()


@dataclass
class Clock:
    """D17, D18: a clock as it stands at the watermark.

    Attributes:
        began_at: what the cohort is of.
        start: when the clock started.
        event: the hello world.
        deleted: an end of watching before it.
        watermark: until when the logs are there.
        first_log: the first accepted row.
        traits: the segment of each dimension.
    """

    unit: str
    unit_id: str
    began_at: datetime
    start: datetime
    event: datetime | None
    deleted: datetime | None
    watermark: datetime
    first_log: datetime
    traits: Mapping[str, str]

    @property
    def seconds(self) -> float:
        """From the start to the end, whichever it is."""
        return seconds_between(self.start, self.deleted or self.event or self.watermark)

    @property
    def observed(self) -> float:
        """For how long it was watched."""
        return seconds_between(self.start, self.deleted or self.watermark)

    @property
    def status(self) -> str:
        if self.start > self.watermark:
            return "not_yet_observed"
        if self.seconds < -300:
            return "anomaly"
        return "clamped" if self.seconds < 0 else "ok"

    @property
    def is_in(self) -> bool:
        """Whether it is in the distribution."""
        return self.status in ("ok", "clamped")

    @property
    def is_converted(self) -> bool:
        return self.status != "not_yet_observed" and self.event is not None

    @property
    def duration(self) -> float | None:
        return max(self.seconds, 0) if self.is_in else None

    @property
    def reason(self) -> str | None:
        if not self.is_in or self.event is not None:
            return None
        return "waiting" if self.deleted is None else "deleted"


@dataclass
class Developer:
    """A developer who is not internal, and how far they got by the watermark."""

    developer_id: str
    latest: Row
    own: list[Request]
    milestones: dict[str, datetime | None]
    company_id: str | None
    traits: dict[str, str]
    clock: Clock | None = None
    is_greenfield: bool = True

    @property
    def failures(self) -> list[Request]:
        """Failed attempts before the first success, the last one last."""
        success = self.milestones["first_success_at"]
        failed = [
            request
            for request in self.own
            if request.outcome in FAILED and (success is None or request.requested_at < success)
        ]
        return sorted(
            failed,
            key=lambda one: (
                *(one.requested_at, one.status, one_endpoint(one)),
                client_of(one.user_agent).sdk,
            ),
        )


def one_endpoint(request: Request) -> str:
    """The route template of a request, empty without one."""
    return request.row.get("endpoint") or (
        "" if request.source == "api_gateway" else request.endpoint
    )


class HelloWorlds:
    """All clocks of a program.

    Attributes:
        developers: by id, those of the program itself left out.
        clocks: of the three units.
    """

    def __init__(self, program: Program, tables: Tables) -> None:
        self.program = program
        self.registry = program.registry
        self.watermark = program.watermark
        self.first_log = min(request.requested_at for request in program.accepted)
        self.developers = {
            developer_id: self._developer(developer_id, latest)
            for developer_id, (_, latest) in self.registry.developers.latest_versions().items()
            if not self.registry.is_internal(developer_id)
        }
        for developer in self.developers.values():
            developer.clock = self._clock_of(developer)
        self._find_pioneers()
        self.clocks = [
            *(developer.clock for developer in self.developers.values()),
            *self._companies(),
            *self._tokens(),
        ]

    # Developers

    def _owner(self, request: Request) -> str | None:
        token = request.token_id and self.registry.token_at(request.token_id, request.requested_at)
        return token["developer_id"] if token else None

    def _developer(self, developer_id: str, latest: Row) -> Developer:
        own = [
            request
            for request in self.program.accepted
            if self._owner(request) == developer_id and request.requested_at <= self.watermark
        ]
        then = self.registry.developers.at(developer_id, latest["signed_up_at"])
        company_id = self._company_at(developer_id, latest["signed_up_at"])
        company = self.registry.companies.at(company_id, latest["signed_up_at"])
        return Developer(
            developer_id=developer_id,
            latest=latest,
            own=own,
            milestones=self._milestones(developer_id, latest, own),
            company_id=company_id,
            traits={
                "channel": self.registry.channel(developer_id),
                "company_size_band": size_band(company and company["employee_count"]),
                "industry": (company and company["industry"]) or "unknown",
                "plan": (company and company["plan"]) or "unknown",
                "country": then["country"] or "unknown",
                "github_stars_band": stars_band(self.registry._stars(then, latest["signed_up_at"])),
                **self._client(own, latest["signed_up_at"])._asdict(),
            },
        )

    def _milestones(
        self, developer_id: str, latest: Row, own: Sequence[Request]
    ) -> dict[str, datetime | None]:
        def first(requests: Sequence[Request], place: int = 1) -> datetime | None:
            times = sorted(request.requested_at for request in requests)
            return times[place - 1] if len(times) >= place else None

        successes = [request for request in own if request.outcome in SUCCESSFUL]
        production = [request for request in own if request.outcome == "qualified"]
        hellos = [
            request
            for request in successes
            if not kinds_of(request.endpoint, "endpoint_kinds") & {"health", "docs"}
        ]
        created = [
            token["created_at"]
            for token_id, (_, token) in self.registry.tokens.latest_versions().items()
            if self._first_owner(token_id) == developer_id and token["created_at"] <= self.watermark
        ]
        return {
            "first_docs_visit_at": latest["first_docs_visit_at"],
            "signed_up_at": latest["signed_up_at"],
            "first_token_created_at": min(created, default=None),
            "first_request_at": first(own),
            "first_success_at": first(successes),
            "hello_world_at": first(hellos),
            "first_production_success_at": first(production),
            "nth_production_success_at": first(production, VARS["nth_production_success"]),
        }

    def _first_owner(self, token_id: str) -> str | None:
        return self.registry.tokens.versions[token_id][0][1]["developer_id"]

    def _company_at(self, developer_id: str, instant: datetime) -> str | None:
        """D11, D16: by the rungs that look at the person."""
        registry = self.registry
        then = registry.developers.at(developer_id, instant)
        history = registry.developers.versions[developer_id]
        if ("developer", developer_id) in registry.overrides:
            named = registry.overrides["developer", developer_id]
        elif any(version["company_id"] for _, version in history):
            named = then["company_id"]
        else:
            named = registry.company_by_contact(then["email"]) or registry.company_by_domain(
                then["email"]
            )
        return named and registry.survivor(named)

    def _client(self, own: Sequence[Request], signed_up_at: datetime) -> Client:
        """Of the first request, where it came in time and the time is over."""
        ends_at = signed_up_at + VARS["sdk_window_days"] * DAY
        called = [
            (request.requested_at, client_of(request.user_agent))
            for request in own
            if request.outcome in (*FAILED, *SUCCESSFUL)
        ]
        if not called or ends_at > self.watermark or min(called)[0] >= ends_at:
            return Client()
        return min(called)[1]

    def _clock_of(self, developer: Developer) -> Clock:
        milestones = developer.milestones
        signed_up_at, hello = milestones["signed_up_at"], milestones["hello_world_at"]
        deleted = developer.latest["deleted_at"]
        if deleted and (deleted > self.watermark or (hello and deleted >= hello)):
            deleted = None
        return Clock(
            unit="developer",
            unit_id=developer.developer_id,
            began_at=signed_up_at,
            start=min(signed_up_at, milestones["first_token_created_at"] or signed_up_at),
            event=None if deleted else hello,
            deleted=deleted,
            watermark=self.watermark,
            first_log=self.first_log,
            traits=developer.traits,
        )

    def _find_pioneers(self) -> None:
        """D16: who comes after somebody else's hello world joins."""
        for developer in self.developers.values():
            developer.is_greenfield = not any(
                other.company_id == developer.company_id
                and other is not developer
                and other.clock.event is not None
                and other.clock.event < developer.clock.start
                for other in self.developers.values()
                if developer.company_id
            )
            developer.traits["greenfield"] = "greenfield" if developer.is_greenfield else "joining"

    # Companies and tokens

    def _companies(self) -> Iterator[Clock]:
        members: dict[str, list[Developer]] = defaultdict(list)
        for developer in self.developers.values():
            if developer.company_id and developer.clock.status != "not_yet_observed":
                members[developer.company_id].append(developer)
        for company_id, people in members.items():
            clocks = [developer.clock for developer in people]
            events = [clock.event for clock in clocks if clock.event]
            deletions = [clock.deleted for clock in clocks]
            first = min(people, key=lambda one: (one.clock.began_at, one.developer_id))
            yield Clock(
                unit="company",
                unit_id=company_id,
                began_at=first.clock.began_at,
                start=min(clock.start for clock in clocks),
                event=min(events, default=None),
                deleted=max(deletions) if not events and all(deletions) else None,
                watermark=self.watermark,
                first_log=self.first_log,
                traits=first.traits,
            )

    def _tokens(self) -> Iterator[Clock]:
        for token_id, (_, token) in self.registry.tokens.latest_versions().items():
            owner = self._first_owner(token_id)
            if token_id in self.registry.test_tokens or self.registry.is_internal(owner):
                continue
            successes = [
                request.requested_at
                for request in self.program.accepted
                if request.token_id == token_id
                and request.outcome in SUCCESSFUL
                and request.requested_at <= self.watermark
            ]
            known = self.developers.get(owner)
            yield Clock(
                unit="token",
                unit_id=token_id,
                began_at=token["created_at"],
                start=token["created_at"],
                event=min(successes, default=None),
                deleted=None,
                watermark=self.watermark,
                first_log=self.first_log,
                traits=known.traits if known else dict.fromkeys(DIMENSIONS, "unknown"),
            )

    def began_on(self, clock: Clock) -> date:
        """The day that the cohort is of."""
        return local_day(clock.began_at, self.program.settings)

    def segments(self) -> dict[tuple[str, str, str, str], list[Clock]]:
        """Everybody in the distribution, by unit, cohort, dimension and segment."""
        found: dict[tuple[str, str, str, str], list[Clock]] = defaultdict(list)
        for clock in self.clocks:
            if clock.is_in:
                for cohort in ("all", str(self.began_on(clock).replace(day=1))):
                    for dimension, segment in (("all", "all"), *clock.traits.items()):
                        found[clock.unit, cohort, dimension, segment].append(clock)
        return found


# -- The marts -------------------------------------------------------------------------------------


def time_to_first_hello_world(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """One row per developer."""
    rows = []
    for developer in worlds.developers.values():
        clock, times = developer.clock, developer.milestones
        failures = developer.failures
        last = failures[-1] if failures else None
        week = week_of(worlds.began_on(clock), worlds.program.settings)
        legs = {
            "docs_to_sign_up_seconds": ("first_docs_visit_at", "signed_up_at"),
            "sign_up_to_token_seconds": ("signed_up_at", "first_token_created_at"),
            "token_to_first_request_seconds": ("first_token_created_at", "first_request_at"),
            "first_request_to_hello_world_seconds": ("first_request_at", "hello_world_at"),
            "hello_world_to_production_seconds": (
                "hello_world_at",
                "first_production_success_at",
            ),
        }
        rows.append(
            {
                "developer_id": developer.developer_id,
                "company_id": developer.company_id,
                "clock_start_at": clock.start,
                "duration_seconds": clock.duration,
                "is_converted": clock.is_converted,
                "censor_reason": clock.reason,
                "status": clock.status,
                "is_in_distribution": clock.is_in,
                **times,
                **{leg: seconds_between(times[a], times[b]) for leg, (a, b) in legs.items()},
                "failed_attempts": len(failures),
                "last_error_status_code": last and last.status,
                "last_error_endpoint": (last and one_endpoint(last)) or None,
                "last_error_at": last and last.requested_at,
                **{name: developer.traits[name] for name in DIMENSIONS[:-1]},
                "is_greenfield": developer.is_greenfield,
                "is_left_truncated": clock.began_at < worlds.first_log,
                "cohort_week": week,
            }
        )
    return rows


def survival(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """What curves are made of."""
    rows = []
    for (unit, cohort, dimension, segment), clocks in worlds.segments().items():
        for seconds in {clock.duration for clock in clocks}:
            here = [clock for clock in clocks if clock.duration == seconds]
            events = sum(clock.event is not None for clock in here)
            rows.append(
                {
                    "unit": unit,
                    "cohort": cohort,
                    "dimension": dimension,
                    "segment": segment,
                    "duration_seconds": seconds,
                    "n_at_risk": sum(clock.duration >= seconds for clock in clocks),
                    "n_events": events,
                    "n_censored": len(here) - events,
                }
            )
    return rows


def summary(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """Counts and shares of the mature."""
    rows = []
    for (unit, cohort, dimension, segment), clocks in worlds.segments().items():
        row = {
            "unit": unit,
            "cohort": cohort,
            "dimension": dimension,
            "segment": segment,
            "n": len(clocks),
            "converted": sum(clock.event is not None for clock in clocks),
            "is_small_sample": len(clocks) < VARS["small_sample_size"],
        }
        for name, seconds in HORIZONS.items():
            mature = [clock for clock in clocks if clock.observed >= seconds]
            made_it = sum(clock.event is not None and clock.duration <= seconds for clock in mature)
            row[f"n_{name}"] = len(mature)
            row[f"converted_{name}_rate"] = made_it / len(mature) if mature else None
        rows.append(row)
    return rows


def funnel(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """D14: steps of those who signed up by the watermark."""
    names = (
        *("sign_up", "first_token", "first_request", "hello_world"),
        *("first_production_success", "nth_production_success"),
    )
    cells: dict[Any, list[tuple[float | None, bool]]] = defaultdict(list)
    immature: set[date] = set()
    for developer in worlds.developers.values():
        times = developer.milestones
        start = times["signed_up_at"]
        if start > worlds.watermark:
            continue
        week = week_of(worlds.began_on(developer.clock), worlds.program.settings)
        ends_at = start + VARS["funnel_days"] * DAY
        if ends_at > worlds.watermark:
            immature.add(week)
        hello = times["hello_world_at"]

        def after_hello(at: datetime | None, hello: datetime | None = hello) -> datetime | None:
            return max(at, hello) if at and hello else None

        dated = [
            start,
            times["first_token_created_at"],
            times["first_request_at"],
            hello,
            after_hello(times["first_production_success_at"]),
            after_hello(times["nth_production_success_at"]),
        ]
        reached: list[datetime | None] = []
        for place in range(len(dated)):
            later = [at for at in dated[place:] if at is not None]
            at = max(min(later), start) if later else None
            reached.append(start if place == 0 else at if at and at < ends_at else None)
        for dimension, segment in (("all", "all"), *developer.traits.items()):
            for place, name in enumerate(names):
                before = reached[place - 1] if place else start
                cells[week, dimension, segment, place, name].append(
                    (
                        seconds_between(before, reached[place]) if place else None,
                        before is not None,
                        reached[place] is not None,
                    )
                )
    rows = []
    for (week, dimension, segment, place, name), cell in cells.items():
        entered = sum(has_entered for _, has_entered, _ in cell)
        waits = sorted(wait for wait, _, has_reached in cell if has_reached and wait is not None)
        middle = (entered + 1) // 2 - 1
        is_known = week not in immature and 0 <= middle < len(waits)
        rows.append(
            {
                "cohort_week": week,
                "dimension": dimension,
                "segment": segment,
                "step": name,
                "step_number": place + 1,
                "entered": entered,
                "developers": sum(has_reached for *_, has_reached in cell),
                "median_seconds": waits[middle] if is_known else None,
                "is_mature": week not in immature,
            }
        )
    return rows


def retention(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """Who stays, by how fast the hello world came."""
    program = worlds.program
    whole = {week.start for week in program.weeks if week.status == "final" and not week.is_gap}
    cells: dict[tuple[str, int], list[Clock]] = defaultdict(list)
    for clock in worlds.clocks:
        if clock.is_in and clock.event is not None and clock.unit != "token":
            limits = HORIZONS.values()
            band = next((place for place, most in enumerate(limits) if clock.duration <= most), 4)
            cells[clock.unit, band].append(clock)
    rows = []
    for (unit, band), clocks in cells.items():
        row: dict[str, Any] = {
            "unit": unit,
            "ttfhw_band": BANDS[band],
            "band_number": band + 1,
            "n": len(clocks),
            "is_small_sample": len(clocks) < VARS["small_sample_size"],
        }
        for weeks in (4, 12):
            later = [
                (
                    clock,
                    week_of(local_day(clock.event, program.settings), program.settings)
                    + timedelta(weeks=weeks),
                )
                for clock in clocks
            ]
            mature = [(clock, week) for clock, week in later if week in whole]
            active = sum(
                week in program.series[unit].weeks_of.get(clock.unit_id, ())
                for clock, week in mature
            )
            row[f"n_week_{weeks}"] = len(mature)
            row[f"active_week_{weeks}"] = active
            row[f"active_week_{weeks}_rate"] = active / len(mature) if mature else None
        rows.append(row)
    return rows


def stuck_developers(worlds: HelloWorlds) -> list[dict[str, Any]]:
    """Who to call, in order."""
    registry = worlds.registry
    there = {
        clock.unit_id for clock in worlds.clocks if clock.unit == "company" and clock.is_converted
    }
    ranked = []
    for developer in worlds.developers.values():
        clock, times = developer.clock, developer.milestones
        if clock.reason != "waiting" or clock.seconds <= VARS["stuck_after_days"] * 86400:
            continue
        company_id = worlds._company_at(developer.developer_id, datetime.max)
        company = registry.companies.latest(company_id)
        band = size_band(company and company["employee_count"])
        steps = ("first_request", "first_token", "sign_up")
        reached = (times["first_request_at"], times["first_token_created_at"], clock.began_at)
        step = next(place for place, at in enumerate(reached) if at)
        failures = developer.failures
        seen_at = failures[-1].requested_at if failures else reached[step]
        order = (SIZE_BANDS.index(band), company_id in there, step)
        ranked.append(
            (
                (*order, -(seen_at - datetime(1970, 1, 1)).total_seconds(), clock.unit_id),
                {
                    "developer_id": developer.developer_id,
                    "company_id": company_id,
                    "channel": developer.traits["channel"],
                    "company_size_band": band,
                    "industry": (company and company["industry"]) or "unknown",
                    "plan": (company and company["plan"]) or "unknown",
                    "country": developer.latest["country"] or "unknown",
                    "last_step": steps[step],
                    "signed_up_at": clock.began_at,
                    "last_seen_at": seen_at,
                    "stuck_days": clock.seconds / 86400,
                    "failed_attempts": len(failures),
                    "last_error_status_code": failures[-1].status if failures else None,
                    "last_error_endpoint": (failures and one_endpoint(failures[-1])) or None,
                    "last_error_sdk": client_of(failures[-1].user_agent).sdk if failures else None,
                    "has_integrated_company": company_id in there,
                },
            )
        )
    return [
        {"stake_rank": place, **row}
        for place, (_, row) in enumerate(sorted(ranked, key=lambda one: one[0]), start=1)
    ]


def marts_of_hello_worlds(program: Program, tables: Tables) -> Marts:
    """The rows of every mart of the time to first hello world."""
    names = {
        "fct_time_to_first_hello_world": time_to_first_hello_world,
        "fct_ttfhw_survival": survival,
        "fct_ttfhw_summary": summary,
        "fct_developer_funnel_weekly": funnel,
        "fct_ttfhw_retention": retention,
        "fct_stuck_developers": stuck_developers,
    }
    if program.watermark is None:
        return {name: [] for name in names}
    worlds = HelloWorlds(program, tables)
    return {name: rows_of(worlds) for name, rows_of in names.items()}
