"""Small random programs as rows of the raw tables, and the files that landing makes of them.

A world has everything that the definitions argue about, a little of each: every outcome, second
deliveries, gaps, owners and employers that change, companies that merge, keys that rotate. What it
leaves out on purpose are two things of one time that differ in content: which of them counts is a
matter of a hash, and tests/landing covers it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.contract import read_contract
from tests.properties.reference import (
    CHANNELS,
    DAY,
    WEEK,
    Settings,
    first_instant,
    local_day,
    week_of,
)

Row = dict[str, Any]

# A year's end, leap days, and the changes of the clocks in California and New Zealand.
FIRST_DAYS = (
    date(2018, 12, 3),
    date(2019, 2, 18),
    date(2019, 9, 9),
    date(2020, 2, 12),
    date(2020, 3, 16),
    date(2020, 10, 8),
)
# SDKs by convention and by name, one of two languages, and who calls without one.
AGENTS = (
    *("north-star-python/2.1.0 x", "North-Star-Go 1", "acme-sdk/2 Ruby/3.3", "acme-sdk/2 PHP/8.3"),
    *("Zap/3", "curl/8.5.0", "Mozilla/5.0 (KHTML; compatible; ChatGPT-User/1.0)", None),
)
MICROSECOND = timedelta(microseconds=1)
REQUESTS = "api_gateway/api_requests"
EVENTS = "cloudtrail/events"
TOKENS = "developer_portal/api_tokens"
DEVELOPERS = "developer_portal/developers"
CONTACTS = "crm/contacts"
COMPANIES = "crm/companies"
PROFILES = "github/profiles"
PAGE_VIEWS = "website/page_views"
REJECTS = "landing/rejects"
FILES = "landing/files"
OVERRIDES = "company_overrides"
TEST_TOKENS = "test_tokens"
ALIASES = "domain_aliases"
# To these a world adds rows.
GROWING_SEEDS = (OVERRIDES, TEST_TOKENS, ALIASES)


@cache
def raw_columns() -> dict[str, dict[str, str]]:
    """Columns and types of every raw table, by ``source/table``."""
    return read_contract().raw_columns()


@dataclass(frozen=True)
class World:
    """A program in rows.

    Attributes:
        seed: that it was drawn with.
        tables: rows of the raw tables by ``source/table``, with every column, and of some seeds.
    """

    seed: int
    tables: dict[str, list[Row]]


def full_row(table: str, **values: Any) -> Row:
    """A row of a raw table with every column, NULL where nothing is given.

    Raises:
        ValueError: the table has no such column.
    """
    row: Row = dict.fromkeys(raw_columns()[table])
    if unknown := values.keys() - row.keys():
        raise ValueError(f"{table} has no {sorted(unknown)}")
    return row | values


def deliver(rows: Iterable[Row], file_hash: str, landed_at: datetime) -> list[Row]:
    """The rows as one landed file."""
    return [
        row | {"_file_hash": file_hash, "_row_number": number, "_landed_at": landed_at}
        for number, row in enumerate(rows, start=1)
    ]


def write_batch(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[Row]], batch: Path
) -> None:
    """Writes the rows of raw tables as the Parquet files of one batch, one for each table.

    What a row has besides the contract's columns, a field that a program added, is a text.
    """
    for table, rows in tables.items():
        folder = batch / table
        folder.mkdir(parents=True)
        added = {
            name: "varchar" for row in rows for name in row.keys() - raw_columns()[table].keys()
        }
        columns = raw_columns()[table] | added
        lines = [json.dumps(row, default=datetime.isoformat) for row in rows]
        (folder / "rows.json").write_text("\n".join(lines))
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        connection.execute(
            f"copy (from read_json('{folder}/rows.json', format = 'newline_delimited', "
            f"columns = {{{types}}})) to '{folder}/0.parquet' (format parquet)"
        )


def random_world(seed: int, settings: Settings) -> World:
    """A world of a few weeks; the same one for the same arguments.

    Args:
        seed: of the random numbers.
        settings: whose days and weeks the interesting times lie at.
    """
    return World(seed, _Chance(seed, settings).tables())


class _Chance:
    """The random choices of one world."""

    def __init__(self, seed: int, settings: Settings) -> None:
        self.random = random.Random(f"{seed} {settings}")
        self.settings = settings
        self.first_day = self.random.choice(FIRST_DAYS) + self.random.randrange(7) * DAY
        self.number_of_days = self.random.randint(25, 60)
        self.last_day = self.first_day + (self.number_of_days - 1) * DAY
        # The gateway's last row, unless a later one happens to come.
        self.last_at = self.instant(self.last_day)
        if self.maybe(0.25):
            # The very instant at which a week is no longer open, or no longer settling.
            end = first_instant(week_of(self.last_day, settings) + WEEK, settings)
            self.last_at = end + self.one_of(0, settings.late_allowance_days) * DAY
        self.landed_at = max(self.last_at, first_instant(self.last_day + DAY, settings)) + (
            timedelta(hours=self.one_of(1, 1, 36, 24 * 7))
        )
        self.has_cloudtrail = self.maybe(0.4)
        self.emails: list[str] = []
        self.developer_ids = [f"d{number}" for number in range(self.random.randint(5, 10))]
        self.company_ids = [f"c{number}" for number in range(self.random.randint(4, 8))]
        self.token_ids = [f"t{number}" for number in range(self.random.randint(8, 14))]

    def tables(self) -> dict[str, list[Row]]:
        """All rows of the world."""
        tables = {
            COMPANIES: self._companies(),
            DEVELOPERS: self._developers(),
            CONTACTS: self._contacts(),
            TOKENS: self._tokens(),
            PROFILES: self._profiles(),
            OVERRIDES: self._overrides(),
            TEST_TOKENS: self._test_tokens(),
            ALIASES: self._aliases(),
        }
        tables |= self._logs(self._turning_points(tables[TOKENS], tables[DEVELOPERS]))
        tables[REJECTS] = [
            full_row(REJECTS, source_name=source, row_number=number, _landed_at=self.landed_at)
            for number, source in enumerate(
                self.some(("api_gateway", "api_gateway", "cloudtrail", "crm"), 0.2)
            )
        ]
        return tables

    # Choices

    def maybe(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, values: Iterable[Any], probability: float) -> list[Any]:
        return [value for value in values if self.maybe(probability)]

    def one_of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def nullable(self, *values: Any, probability: float = 0.25) -> Any:
        return None if self.maybe(probability) else self.random.choice(values)

    # Times

    def day(self) -> date:
        return self.first_day + self.random.randrange(self.number_of_days) * DAY

    def instant(self, day: date | None = None) -> datetime:
        """A UTC instant on a local day, often at its edges or within a change of the clocks."""
        day = day or self.day()
        if self.maybe(0.15):
            return first_instant(day, self.settings)
        if self.maybe(0.1):
            return first_instant(day + DAY, self.settings) - MICROSECOND
        if self.maybe(0.15):
            # Midnight in UTC.
            return datetime.combine(day, time()) - self.one_of(0, 1) * MICROSECOND
        minutes = self.one_of(90, 130, 150, 190, self.random.randrange(24 * 60))
        return first_instant(day, self.settings) + timedelta(
            minutes=minutes, seconds=self.random.randrange(60)
        )

    def version_times(self, count: int) -> list[datetime]:
        """Different times in order, some before the first request, some at the as-of instants."""
        times: set[datetime] = set()
        while len(times) < count:
            day = self.day() if self.maybe(0.8) else self.first_day - 20 * DAY
            week = week_of(day, self.settings)
            times |= {
                self.one_of(
                    first_instant(week, self.settings),
                    first_instant(day, self.settings),
                    self.last_at,
                    *(self.instant(day) for _ in range(4)),
                )
            }
        return sorted(times)

    # The CRM

    def _companies(self) -> list[Row]:
        rows = []
        domains = self.domains()
        for number, company_id in enumerate(self.company_ids):
            others = [other for other in self.company_ids if other != company_id]
            merged = parent = None
            count = self.one_of(1, 1, 2, 3)
            created_at = self.instant(self.first_day - 30 * DAY) if self.maybe(0.7) else None
            for place, version_at in enumerate(self.version_times(count)):
                if self.maybe(0.3):
                    merged = self.nullable(*others, company_id, "c-gone", probability=0.4)
                if self.maybe(0.5):
                    parent = self.nullable(*others, company_id, "c-gone", probability=0.3)
                is_undated = place == 0 and self.maybe(0.3)
                rows.append(
                    full_row(
                        COMPANIES,
                        company_id=company_id,
                        name=f"Company {number}",
                        domain=self.nullable(*domains[number], probability=0.2),
                        additional_domains=self.nullable(
                            "shared.example",
                            f"x{number}.example; eu.x{number}.example",
                            *[f"EU.x{(number + 1) % len(self.company_ids)}.example"] * 2,
                            f"www.y{number}.example;shared.example",
                            "mail.gmail.com",
                            "alibaba.com;0-mail.com",
                            probability=0.5,
                        ),
                        employee_count=self.nullable(0, 1, 10, 11, 50, 51, 200, 201, 1000, 1001)
                        if self.maybe(0.8)
                        else self.one_of(5000, 5001, 90000),
                        industry=self.nullable("software", "banking"),
                        country=self.nullable("DE", "NZ"),
                        plan=self.nullable("free", "team", "enterprise"),
                        merged_into_company_id=merged,
                        parent_company_id=parent,
                        created_at=created_at,
                        updated_at=None if is_undated else version_at,
                    )
                )
        return self.redelivered(rows)

    def domains(self) -> list[tuple[str, ...]]:
        """What each company's domain may be called."""
        return [
            (
                f"x{number}.example",
                f"https://www.X{number}.example/about?a=b",
                f" WWW.x{number}.example ",
                "shared.example",
                "gmail.com",
            )
            for number, _ in enumerate(self.company_ids)
        ]

    def email(self, number: int) -> str | None:
        """Of a person; two persons may share one."""
        name = f"p{number % 4}"
        company = self.random.randrange(len(self.company_ids))
        return self.nullable(
            *[f"{name}@x{company}.example"] * 5,
            *[f" {name.upper()}@EU.x{company}.example"] * 3,
            f"{name}@a.b.y{company}.example",
            f"{name}@notx{company}.example",
            f"{name}@de.eu.old.example",
            f"{name}@old.example",
            f"{name}@alibaba.com",
            f"{name}@0-mail.com",
            f"{name}@shared.example",
            f"{name}@eu.shared.example",
            f"{name}@gmail.com",
            f"{name}@mail.gmail.com",
            f"{name}@users.noreply.github.com",
            probability=0.08,
        )

    def _contacts(self) -> list[Row]:
        rows = []
        emails = [*self.emails, "nobody@x0.example"]
        # No two contacts may be equally new.
        times = iter(self.random.sample(self.version_times(30), 30))
        for number in range(self.random.randint(2, 10)):
            for _ in range(self.one_of(1, 1, 2)):
                version_at = next(times)
                is_updated = self.maybe(0.7)
                rows.append(
                    full_row(
                        CONTACTS,
                        contact_id=f"k{number}",
                        email=self.one_of(*emails).upper() + self.one_of("", " "),
                        company_id=self.nullable(*self.company_ids, "c-gone"),
                        created_at=None if is_updated and self.maybe(0.5) else version_at,
                        updated_at=version_at if is_updated else None,
                    )
                )
        if rows and self.maybe(0.3):
            rows[0] |= {"created_at": None, "updated_at": None}
        return self.redelivered(rows)

    # The portal

    def _developers(self) -> list[Row]:
        rows = []
        internal = self.nullable(*self.developer_ids, probability=0.5)
        for number, developer_id in enumerate(self.developer_ids):
            names_companies = self.maybe(0.5)
            source, medium, referrer = self.random.choice(list(CHANNELS))
            login = self.nullable(f"Octo{number}", "shared-octo", probability=0.2)
            email = self.email(number)
            country = self.nullable("US", "FR")
            signed_up_at = self.instant(self.one_of(self.first_day - 10 * DAY, self.day()))
            versions: list[Row] = []
            for place, version_at in enumerate(self.version_times(self.one_of(1, 2, 2, 3))):
                if place and self.maybe(0.1):
                    signed_up_at += self.one_of(-1, 1) * DAY
                if place and self.maybe(0.5):
                    country = self.nullable("US", "FR", "IN")
                if place and self.maybe(0.4):
                    email = self.email(number)
                if place and self.maybe(0.3):
                    login = self.nullable(f"octo{number}", f"OCTO{number}b")
                if place and self.maybe(0.15):
                    source, medium, referrer = self.random.choice(list(CHANNELS))
                if developer_id == internal:
                    email = self.one_of("me@north-star.example", "ME@lab.North-Star.example ")
                if email:
                    self.emails.append(email.strip())
                versions.append(
                    full_row(
                        DEVELOPERS,
                        developer_id=developer_id,
                        email=email,
                        signed_up_at=signed_up_at,
                        company_id=self.nullable(*self.company_ids, "c-new", probability=0.4)
                        if names_companies
                        else None,
                        github_login=login,
                        country=country,
                        utm_source=source,
                        utm_medium=medium,
                        referrer=referrer,
                        updated_at=None if place == 0 and self.maybe(0.3) else version_at,
                    )
                )
            self._tell_apart(versions, "signed_up_at")
            rows += versions
        return self.redelivered(rows)

    def _tokens(self) -> list[Row]:
        rows = []
        lives: list[tuple[str, datetime, datetime | None]] = []
        for token_id in self.token_ids:
            created_at = self.instant(self.one_of(self.first_day - 9 * DAY, self.day()))
            owner = self.nullable(*self.developer_ids, "d-new", probability=0.05)
            template = self.random.choice(rows) if rows and self.maybe(0.6) else None
            ends = [end for _, _, end in lives if end is not None]
            if template and ends:
                # Near the end of another one, where rotations are found.
                created_at = self.one_of(*ends) + self.near_the_window()
            lifetime = timedelta(days=self.random.randint(1, 30), seconds=self.random.randrange(9))
            end = created_at + lifetime if self.maybe(0.7) else None
            lives.append((token_id, created_at, end))
            expires_at, revoked_at = self.one_of(
                (end, None),
                (None, end),
                (end, end and end + 3 * DAY),
                (end and end + 3 * DAY, end),
            )
            row = full_row(
                TOKENS,
                token_id=token_id,
                developer_id=template["developer_id"] if template else owner,
                application_id=template["application_id"] if template else self.nullable("a1"),
                company_id=self.nullable(*self.company_ids, "c-new", probability=0.8),
                environment=template["environment"]
                if template
                else self.nullable("production", "production", "production", "sandbox"),
                scopes=self.one_of("read,write", "write read", " read , write", "read")
                if self.maybe(0.6)
                else None,
                created_at=created_at,
                expires_at=expires_at,
                revoked_at=revoked_at,
                replaces_token_id=self.one_of(*self.token_ids, "t-before", "u0")
                if self.maybe(0.3)
                else None,
            )
            if template and self.maybe(0.7):
                row["scopes"] = template["scopes"]
            versions = [row]
            for version_at in self.version_times(self.one_of(0, 0, 0, 1, 2)):
                version = versions[-1] | {"updated_at": version_at}
                if self.maybe(0.6):
                    version["developer_id"] = self.nullable(*self.developer_ids, probability=0.05)
                if self.maybe(0.2):
                    version["company_id"] = self.nullable(*self.company_ids)
                if self.maybe(0.1):
                    version["environment"] = self.nullable("production", "sandbox")
                versions.append(version)
            self._tell_apart(versions, "created_at")
            rows += versions
        return self.redelivered(rows)

    def near_the_window(self) -> timedelta:
        """A distance that is often just inside or just outside of the rotation window."""
        window = timedelta(days=self.settings.rotation_window_days)
        distance = self.one_of(
            timedelta(0), timedelta(hours=30), window, window, window + MICROSECOND, window / 2
        )
        return distance * self.one_of(-1, 1)

    def _tell_apart(self, versions: list[Row], created: str) -> None:
        """No two versions are of one time."""
        taken = {versions[0]["updated_at"] or versions[0][created]}
        for version in versions[1:]:
            while version["updated_at"] in taken:
                version["updated_at"] += MICROSECOND
            taken.add(version["updated_at"])

    def _profiles(self) -> list[Row]:
        logins = [f"octo{number}" for number, _ in enumerate(self.developer_ids)]
        logins += [f"{login}b" for login in logins] + ["Shared-Octo"]
        rows = [
            full_row(
                PROFILES,
                github_login=self.one_of(login, login.upper()),
                stars=self.nullable(0, 1, 9, 10, 99, 100, 999, 1000, 40000, probability=0.1),
                captured_at=captured_at,
            )
            for login in self.some(logins, 0.7)
            for captured_at in self.version_times(self.one_of(1, 2, 3))
        ]
        return self.redelivered(rows)

    def _overrides(self) -> list[Row]:
        named = [("token", token_id) for token_id in self.some([*self.token_ids, "u0"], 0.06)]
        named += [
            ("developer", developer_id) for developer_id in self.some(self.developer_ids, 0.06)
        ]
        return [
            {"scope": scope, "id": id_, "company_id": self.one_of(*self.company_ids, "c-hand")}
            for scope, id_ in named
        ]

    def _test_tokens(self) -> list[Row]:
        return [{"token_id": token_id} for token_id in self.some(["t1", "u1"], 0.1)]

    def _aliases(self) -> list[Row]:
        return [
            {"alias": alias, "domain": self.one_of("x0.example", "x1.example", "y1.example")}
            for alias in self.some(["old.example", "eu.old.example", "y0.example"], 0.5)
        ]

    def redelivered(self, rows: list[Row]) -> list[Row]:
        """The rows of a table that is no log, some of them twice."""
        files = [rows, self.some(rows, 0.1)]
        for file in files:
            self.random.shuffle(file)
        return [
            row
            for number, file in enumerate(files)
            for row in deliver(file, f"file {number}", self.landed_at)
        ]

    # The logs

    def _turning_points(self, tokens: list[Row], developers: list[Row]) -> dict[str, list]:
        """When each token's owner, or what is known of that owner, may have changed."""
        points: dict[str, list[datetime]] = {}
        for token in tokens:
            own = points.setdefault(token["token_id"], [])
            changes = [token["updated_at"]] + [
                developer["updated_at"]
                for developer in developers
                if developer["developer_id"] == token["developer_id"]
            ]
            own += [
                at
                for at in changes
                if at and self.first_day <= local_day(at, self.settings) <= self.last_day
            ]
        return points

    def _logs(self, turning_points: dict[str, list[datetime]]) -> dict[str, list[Row]]:
        gateway = self._requests(turning_points)
        events = self._events() if self.has_cloudtrail else []
        gaps = self._gaps()
        if self.maybe(0.06):
            gateway = []
        return {
            REQUESTS: self._in_files(REQUESTS, self._without(gaps, gateway, "requested_at")),
            EVENTS: self._in_files(EVENTS, self._without(gaps, events, "event_time")),
        }

    def _gaps(self) -> set[date]:
        """Weeks without logs."""
        if self.maybe(0.4):
            return set()
        starts = [week_of(self.day(), self.settings)]
        starts += [starts[0] + WEEK] if self.maybe(0.3) else []
        return set(starts)

    def _without(self, gaps: set[date], rows: list[Row], at: str) -> list[Row]:
        return [
            row
            for row in rows
            if week_of(local_day(row[at], self.settings), self.settings) not in gaps
        ]

    def _active_days(self) -> dict[str, list[date]]:
        """The days on which each token calls: weeks of use, weeks of silence."""
        days: dict[str, list[date]] = {}
        for token_id in [*self.token_ids, *self.some(["u0", "u1", "t-before"], 0.2)]:
            is_used = self.maybe(0.5)
            chosen = days.setdefault(token_id, [])
            for offset in range(0, self.number_of_days, 7):
                is_used = self.maybe(0.7) if is_used else self.maybe(0.3)
                own = range(offset, min(offset + 7, self.number_of_days))
                if is_used:
                    picked = self.random.choices(own, k=self.one_of(1, 1, 2, 3))
                    chosen += [self.first_day + day * DAY for day in picked]
        return days

    def _requests(self, turning_points: dict[str, list[datetime]]) -> list[Row]:
        rows: list[Row] = []
        is_sampled = self.maybe(0.2)
        for token_id, days in self._active_days().items():
            agents = self.random.sample(AGENTS, 2)
            instants = [self.instant(day) for day in days]
            instants += self.some(turning_points.get(token_id, ()), 0.3)
            for requested_at in instants:
                rows.append(
                    full_row(
                        REQUESTS,
                        request_id=f"r{len(rows)}" if self.maybe(0.6) else None,
                        requested_at=requested_at,
                        token_id=token_id,
                        endpoint=self.one_of("/v1/orders/{id}", "/V1/files"),
                        api=self.nullable("orders", "webhooks"),
                        status_code=self.one_of(200, 200, 201, 299),
                        user_agent=self.one_of(*agents),
                        sample_rate=self.one_of(None, 1.0, 0.5 if is_sampled else None),
                    )
                )
                self._spoil(rows[-1])
        rows.append(full_row(REQUESTS, requested_at=self.last_at, status_code=401))
        if self.maybe(0.15):
            # As far ahead of its landing as a clock may run, or a little further.
            ahead = DAY + self.one_of(0, 1) * MICROSECOND
            rows.append(
                full_row(REQUESTS, requested_at=self.landed_at + ahead, status_code=200, api="late")
            )
        return rows

    def _spoil(self, row: Row) -> None:
        """Most requests qualify; the others have one reason or several not to."""
        if self.maybe(0.65):
            return
        for _ in range(self.one_of(1, 1, 2)):
            row |= self.one_of(
                {"status_code": self.one_of(401, 403)},
                {"status_code": self.one_of(429, 500, 404, 300, 302, 199)},
                {"status_code": 304},
                {"status_code": self.one_of(99, 600, 0, 100, 599)},
                {"is_success": False},
                {"is_success": True, "status_code": self.one_of(200, 401, 403, 500, 400)},
                {"environment": self.one_of("sandbox", "production", "staging")},
                {"endpoint": self.one_of("/health", "/v1/health", "/HEALTH/db", "/ping")},
                {"endpoint": None, "path": self.one_of("/healthz", "/v1/orders/7", "/healthy")},
                {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
                {"user_agent": "kube-probe/1.29"},
                {"token_id": None},
                {"requested_at": self.one_of(datetime(1999, 12, 31, 23, 59), datetime(2098, 1, 1))},
            )

    def _events(self) -> list[Row]:
        """CloudTrail's, which begin and end at other times than the gateway's."""
        days = [self.day() for _ in range(self.random.randint(3, 15))]
        if self.maybe(0.3):
            # It runs ahead.
            days.append(self.last_day + self.random.randrange(12) * DAY)
        return [
            full_row(
                EVENTS,
                # The gateway may use the same ids.
                event_id=f"r{number}" if self.maybe(0.9) else None,
                event_time=self.instant(day),
                token_id=self.nullable(*self.token_ids, "AKIA", probability=0.1),
                event_source=self.one_of("s3.amazonaws.com", "ec2.amazonaws.com"),
                event_name=self.one_of("GetObject", "RunInstances"),
                error_code=self.one_of(
                    *(None, None, None, None, "AccessDenied"),
                    *("Client.UnauthorizedOperation", "ThrottlingException", "NoSuchKey"),
                ),
                user_agent=self.one_of("aws-cli/2.15 x", "Boto3/1.34", None),
                aws_region="eu-west-1",
            )
            for number, day in enumerate(days)
        ]

    def _in_files(self, table: str, rows: list[Row]) -> list[Row]:
        """The rows of a log in some files, a part of them delivered again."""
        at, key = (
            ("requested_at", "request_id") if table == REQUESTS else ("event_time", "event_id")
        )
        copies = []
        for row in self.some(rows, 0.15):
            again = dict(row)
            if row[key] is not None and self.maybe(0.7):
                # A retry, a little earlier or later and so perhaps on another day.
                again[at] += timedelta(minutes=self.one_of(-300, -1, 1, 300))
                if table == REQUESTS:
                    again["latency_ms"] = 7.5
                    again["status_code"] = self.one_of(again["status_code"], 200, 500, 99)
            copies.append(again)
        files: list[list[Row]] = [[] for _ in range(self.random.randint(1, 3))]
        for row in [*rows, *copies]:
            self.random.choice(files).append(row)
        delivered = []
        for number, file in enumerate(files):
            self.random.shuffle(file)
            landed_at = self.landed_at + number * timedelta(minutes=1)
            delivered += deliver(file, f"{table} {number}", landed_at)
        return delivered
