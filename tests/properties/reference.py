"""The published numbers once more, slow and plain, written from the definitions, not the SQL.

Rows are dictionaries, times are UTC without a zone, everything is a loop. D1 to D28 are those of
docs/definitions.md. Where they leave room, this module reads them so:

- The as-of instant of a week is the first instant of the next one, or the watermark if that is
  earlier; what is dated exactly then counts already.
- The program's own people are told by the latest version of a developer.
- `qualified_requests` of a week are those of its active tokens.
- A merger or a parent that leads into a loop ends where it began.
- `late_allowance_days` are of 24 hours each, from the first instant after the week.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Marts = dict[str, list[dict[str, Any]]]

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
OLDEST = datetime(1900, 1, 1)
NEVER = timedelta.max
CURRENT = {
    "company_size_band": "company_size_band_current",
    "industry": "industry_current",
    "plan": "plan_current",
    "country": "country_current",
}


@dataclass(frozen=True)
class Settings:
    """The vars that move these numbers, with the defaults of the definitions."""

    week_start_day: str = "monday"
    reporting_timezone: str = "UTC"
    min_qualified_requests: int = 1
    late_allowance_days: int = 3
    rotation_window_days: int = 7
    extra_success_status_codes: tuple[int, ...] = (304,)
    required_log_sources: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.reporting_timezone)


# -- Time (D1, D2) ---------------------------------------------------------------------------------


def local_day(instant: datetime, settings: Settings) -> date:
    """The day of the reporting time zone that a UTC instant falls on."""
    return instant.replace(tzinfo=UTC).astimezone(settings.zone).date()


def first_instant(day: date, settings: Settings) -> datetime:
    """The UTC instant at which a day of the reporting time zone begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=settings.zone)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def week_of(day: date, settings: Settings) -> date:
    """The first day of the week that a day belongs to."""
    while day.weekday() != {"monday": 0, "sunday": 6}[settings.week_start_day]:
        day -= DAY
    return day


# -- Requests (D6, D7, D20) ------------------------------------------------------------------------


@dataclass
class Request:
    """A logged row of any source, and what is found out about it."""

    source: str
    row: Row
    request_id: str | None
    requested_at: datetime
    token_id: str | None
    status: int
    is_success: bool | None = None
    environment: str | None = None
    endpoint: str | None = None
    user_agent: str | None = None
    api: str | None = None
    sample_rate: float | None = None
    is_successful: bool = False
    outcome: str = ""
    day: date | None = None
    week: date | None = None


CLOUDTRAIL_STATUS = {
    None: 200,
    "AccessDenied": 403,
    "Client.UnauthorizedOperation": 403,
    "ThrottlingException": 400,
    "NoSuchKey": 400,
}


def read_requests(tables: Tables) -> list[Request]:
    """The rows of all logs in one shape."""
    requests = [
        Request(
            source="api_gateway",
            row=row,
            request_id=row["request_id"],
            requested_at=row["requested_at"],
            token_id=row["token_id"],
            status=row["status_code"],
            is_success=row["is_success"],
            environment=row["environment"],
            endpoint=row["endpoint"] or row["path"],
            user_agent=row["user_agent"],
            api=row["api"],
            sample_rate=row["sample_rate"],
        )
        for row in tables["api_gateway/api_requests"]
    ]
    requests += [
        Request(
            source="cloudtrail",
            row=row,
            request_id=row["event_id"],
            requested_at=row["event_time"],
            token_id=row["token_id"],
            status=CLOUDTRAIL_STATUS[row["error_code"]],
            endpoint=f"{row['event_source']}:{row['event_name']}",
            user_agent=row["user_agent"],
            api=row["event_source"].split(".")[0],
        )
        for row in tables["cloudtrail/events"]
    ]
    return requests


def is_malformed(request: Request) -> bool:
    """D7: a clock or a status that cannot be."""
    return (
        not 100 <= request.status <= 599
        or request.requested_at > request.row["_landed_at"] + DAY
        or request.requested_at < datetime(2000, 1, 1)
    )


def find_duplicates(requests: Iterable[Request]) -> set[int]:
    """D20: the ids of the objects that are another delivery of a request."""
    groups: dict[Any, list[Request]] = defaultdict(list)
    seen_in_file: Counter[Any] = Counter()
    for request in sorted(requests, key=lambda one: one.row["_row_number"]):
        if request.request_id is not None:
            event_date = request.requested_at.date()
            groups[request.source, "id", request.request_id, event_date].append(request)
        else:
            content = tuple(value for name, value in request.row.items() if name[0] != "_")
            place = (request.source, request.row["_file_hash"], content)
            seen_in_file[place] += 1
            groups[request.source, "content", content, seen_in_file[place]].append(request)
    duplicates = set()
    for group in groups.values():
        kept = min(group, key=lambda one: one.requested_at)
        duplicates |= {id(request) for request in group if request is not kept}
    return duplicates


def is_successful(request: Request, settings: Settings) -> bool:
    """D6: 2xx or 304, unless the source knows better; 401 and 403 prove nothing."""
    if request.status in (401, 403):
        return False
    if request.is_success is not None:
        return request.is_success
    return 200 <= request.status <= 299 or request.status in settings.extra_success_status_codes


def outcome_of(request: Request, registry: Registry) -> str:
    """D7: of a request that is neither malformed nor a duplicate."""
    if request.token_id is None:
        return "no_token"
    if request.status in (401, 403):
        return "failed_authentication"
    if not request.is_successful:
        return "unsuccessful"
    token = registry.token_at(request.token_id, request.requested_at)
    if request.token_id in registry.test_tokens or (
        token and registry.is_internal(token["developer_id"])
    ):
        return "internal"
    kinds = kinds_of(request.endpoint, "endpoint_kinds") | kinds_of(
        request.user_agent, "user_agent_kinds"
    )
    if kinds & {"health", "monitor"}:
        return "synthetic"
    if "bot" in kinds:
        return "bot"
    environment = request.environment or (token and token["environment"]) or "production"
    return "qualified" if environment == "production" else "sandbox"


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of the project's lists."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def kinds_of(text: str | None, list_name: str) -> frozenset[str]:
    """The kinds of a list whose LIKE pattern matches the whole text in lower case."""
    rows = seed(list_name) if text is not None else ()
    return frozenset(row["kind"] for row in rows if is_like(text, row["pattern"]))


def is_like(text: str, pattern: str) -> bool:
    """Whether a LIKE pattern in lower case matches the whole text."""
    expression = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return re.fullmatch(expression, text.lower()) is not None


# -- Registry, CRM and GitHub (D9, D11, D12, D13) --------------------------------------------------


class History:
    """The versions of the things of one table.

    Attributes:
        versions: of each id, oldest first.
    """

    def __init__(self, rows: Sequence[Row], key: str, *created: str) -> None:
        self.versions: dict[str, list[tuple[datetime, Row]]] = defaultdict(list)
        for row in rows:
            dated = [row[name] for name in ("updated_at", *created) if row[name] is not None]
            self.versions[row[key]].append((dated[0] if dated else OLDEST, row))
        for versions in self.versions.values():
            versions.sort(key=lambda version: version[0])

    def at(self, key: str | None, instant: datetime) -> Row | None:
        """The latest version at or before an instant; the first reaches back."""
        versions = self.versions.get(key, [])
        passed = [row for time, row in versions if time <= instant]
        return passed[-1] if passed else versions[0][1] if versions else None

    def latest(self, key: str | None) -> Row | None:
        """The latest version."""
        versions = self.versions.get(key, [])
        return versions[-1][1] if versions else None

    def latest_versions(self) -> dict[str, tuple[datetime, Row]]:
        """The latest version of each id, with its time."""
        return {key: versions[-1] for key, versions in self.versions.items()}


class Registry:
    """Whose a token is, and what is known of its owner and company."""

    def __init__(self, tables: Tables, settings: Settings) -> None:
        self.settings = settings
        self.tokens = History(tables["developer_portal/api_tokens"], "token_id", "created_at")
        self.developers = History(
            tables["developer_portal/developers"], "developer_id", "signed_up_at"
        )
        self.companies = History(tables["crm/companies"], "company_id", "created_at")
        self.contacts = History(tables["crm/contacts"], "contact_id", "created_at")
        self.profiles = tables["github/profiles"]
        self.overrides = {
            (row["scope"], row["id"]): row["company_id"]
            for row in (*seed("company_overrides"), *tables.get("company_overrides", ()))
        }
        self.test_tokens = {
            row["token_id"] for row in (*seed("test_tokens"), *tables.get("test_tokens", ()))
        }
        self.domains = self._claimed_domains(tables.get("domain_aliases", ()))

    # Tokens and developers

    def token_at(self, token_id: str, instant: datetime) -> Row | None:
        """The version of a token that holds at an instant, None for one that nobody registered."""
        return self.tokens.at(token_id, instant)

    def is_internal(self, developer_id: str | None) -> bool:
        """Whether a developer is one of the program's own people."""
        developer = self.developers.latest(developer_id)
        internal = {row["domain"].lower() for row in seed("internal_domains")}
        return bool(developer) and any(
            suffix in internal for suffix in suffixes(domain_of(developer["email"]))
        )

    # Companies

    def survivor(self, company_id: str) -> str:
        """D11: the company that one was merged into in the end; itself where that is a loop."""
        return self._end_of(company_id, self._merged_into)

    def ultimate_parent(self, company_id: str) -> str:
        """D11: the topmost parent of a surviving company; itself where that is a loop."""
        return self._end_of(company_id, self._surviving_parent)

    def _merged_into(self, company_id: str) -> str | None:
        company = self.companies.latest(company_id)
        return company["merged_into_company_id"] if company else None

    def _surviving_parent(self, company_id: str) -> str | None:
        company = self.companies.latest(company_id)
        parent = company["parent_company_id"] if company else None
        return self.survivor(parent) if parent else None

    @staticmethod
    def _end_of(company_id: str, next_of: Any) -> str:
        here, passed = company_id, {company_id}
        while (following := next_of(here)) and following != here:
            if following in passed:
                return company_id
            passed.add(following)
            here = following
        return here

    def _claimed_domains(self, aliases: Sequence[Row]) -> dict[str, str | None]:
        """D11: the company behind each known domain, None where it stands for nobody."""
        claims: dict[str, set[str]] = defaultdict(set)
        for company_id, (_, company) in self.companies.latest_versions().items():
            named = [company["domain"], *(company["additional_domains"] or "").split(";")]
            for domain in filter(None, map(host, named)):
                claims[domain].add(self.survivor(company_id))
        for row in (*seed("domain_aliases"), *aliases):
            claims[row["alias"]] |= claims.get(row["domain"], set())
        domains: dict[str, str | None] = {
            domain: min(claimants) if len(claimants) == 1 else None
            for domain, claimants in claims.items()
            if claimants
        }
        return domains | dict.fromkeys(free_mail_domains())

    def company_by_domain(self, email: str | None) -> str | None:
        """D11: the longest suffix at a label boundary that is known decides."""
        for suffix in suffixes(domain_of(email)):
            if suffix in self.domains:
                return self.domains[suffix]
        return None

    def company_by_contact(self, email: str | None) -> str | None:
        """D11: of two contacts with one address the newer counts, even without a company."""
        contacts = [
            (time, contact["company_id"])
            for time, contact in self.contacts.latest_versions().values()
            if clean(contact["email"]) == clean(email) and email is not None
        ]
        return max(contacts, key=lambda one: one[0])[1] if contacts else None

    def resolve(self, token_id: str, instant: datetime) -> tuple[str | None, str | None, str]:
        """D11, D12: developer, company before mergers and method of a token at an instant."""
        token = self.token_at(token_id, instant)
        developer_id = token["developer_id"] if token else None
        developer = self.developers.at(developer_id, instant)
        for named in (("token", token_id), ("developer", developer_id)):
            if named in self.overrides:
                return developer_id, self.overrides[named], "manual"
        if token and token["company_id"]:
            return developer_id, token["company_id"], "token"
        if developer:
            if developer["company_id"]:
                return developer_id, developer["company_id"], "developer"
            history = self.developers.versions[developer_id]
            if any(version["company_id"] for _, version in history):
                return developer_id, None, "unresolved"
            if company_id := self.company_by_contact(developer["email"]):
                return developer_id, company_id, "contact"
            if company_id := self.company_by_domain(developer["email"]):
                return developer_id, company_id, "domain"
        return developer_id, None, "unresolved"

    # Attributes (D13)

    def company_attributes(self, company_id: str | None, instant: datetime) -> dict[str, str]:
        """Of a surviving company as of an instant, and as it is now."""
        then = described_company(self.companies.at(company_id, instant))
        now = described_company(self.companies.latest(company_id))
        return then | {CURRENT[name]: value for name, value in now.items()}

    def developer_attributes(self, developer_id: str | None, instant: datetime) -> dict[str, str]:
        """Of a developer as of an instant, and as they are now."""
        then = self.developers.at(developer_id, instant)
        now = self.developers.latest(developer_id)
        return {
            "channel": self.channel(developer_id),
            "country": (then and then["country"]) or "unknown",
            "country_current": (now and now["country"]) or "unknown",
            "github_stars_band": stars_band(self._stars(then, instant)),
            "github_stars_band_current": stars_band(self._stars(now, datetime.max)),
        }

    def channel(self, developer_id: str | None) -> str:
        """D13: fixed at the sign-up."""
        latest = self.developers.latest(developer_id)
        if latest is None:
            return "unknown"
        then = self.developers.at(developer_id, latest["signed_up_at"])
        return CHANNELS[then["utm_source"], then["utm_medium"], then["referrer"]]

    def _stars(self, developer: Row | None, instant: datetime) -> int | None:
        login = developer and developer["github_login"]
        snapshots = [
            (profile["captured_at"], profile["stars"])
            for profile in self.profiles
            if login
            and profile["github_login"].lower() == login.lower()
            and profile["captured_at"] <= instant
        ]
        return max(snapshots, key=lambda one: one[0])[1] if snapshots else None

    # Rotation (D9)

    def lineages(self) -> dict[str, str]:
        """The first token of the lineage of each registered token that has a predecessor."""
        tokens = {key: row for key, (_, row) in self.tokens.latest_versions().items()}
        links = []
        for new_id, new in tokens.items():
            for old_id in {*tokens, new["replaces_token_id"]} - {None}:
                distance = distance_of(tokens.get(old_id), new)
                if new["replaces_token_id"] == old_id:
                    links.append((0, distance, old_id, new_id))
                elif self._is_rotation(tokens[old_id], new, distance):
                    links.append((1, distance, old_id, new_id))
        successor: dict[str, str] = {}
        predecessor: dict[str, str] = {}
        for _, _, old_id, new_id in sorted(links):
            if old_id in successor or new_id in predecessor:
                continue
            if old_id == new_id or first_of(old_id, predecessor) == new_id:
                continue  # it would close a cycle
            successor[old_id] = new_id
            predecessor[new_id] = old_id
        return {token_id: first_of(token_id, predecessor) for token_id in predecessor}

    def _is_rotation(self, old: Row, new: Row, distance: timedelta) -> bool:
        return (
            all(
                old[name] is not None and old[name] == new[name]
                for name in ("developer_id", "application_id")
            )
            and (old["environment"] or "production") == (new["environment"] or "production")
            and scopes_of(old) == scopes_of(new)
            and old["created_at"] < new["created_at"]
            and distance <= timedelta(days=self.settings.rotation_window_days)
        )


@cache
def free_mail_domains() -> frozenset[str]:
    """D11: domains of the public lists and the edited one, which can take one off them."""
    kinds = {row["domain"]: row["kind"] for row in seed("public_mail_domains")}
    kinds |= {row["domain"]: row["kind"] for row in seed("free_mail_domains")}
    return frozenset(domain for domain, kind in kinds.items() if kind != "company")


def first_of(token_id: str, predecessor: Mapping[str, str]) -> str:
    """The token at the beginning of the chain of predecessors."""
    while token_id in predecessor:
        token_id = predecessor[token_id]
    return token_id


def distance_of(old: Row | None, new: Row) -> timedelta:
    """From the end of one token to the creation of another; no end is the greatest distance."""
    ends = [old[name] for name in ("expires_at", "revoked_at") if old and old[name] is not None]
    return abs(min(ends) - new["created_at"]) if ends else NEVER


def scopes_of(token: Row) -> set[str]:
    """The set of scopes, which blanks or commas separate."""
    return set((token["scopes"] or "").replace(",", " ").split())


def clean(email: str | None) -> str | None:
    """An e-mail address as it is compared."""
    return email and email.strip().lower()


def domain_of(email: str | None) -> str:
    """What follows the @ of an e-mail address."""
    return clean(email).partition("@")[2] if email else ""


def suffixes(domain: str) -> list[str]:
    """The suffixes of a domain at label boundaries, the longest first."""
    labels = domain.split(".") if domain else []
    return [".".join(labels[place:]) for place in range(len(labels))]


def host(domain: str | None) -> str:
    """What a CRM calls a domain, reduced to the host without www."""
    text = (domain or "").strip().lower()
    if "://" in text:
        text = text.split("://")[1]
    for end in "/:?#":
        text = text.split(end)[0]
    return text.removeprefix("www.")


def band(value: int | None, limits: Sequence[tuple[int, str]], above: str) -> str:
    """The first band whose upper limit is not exceeded."""
    if value is None:
        return "unknown"
    return next((name for limit, name in limits if value <= limit), above)


def size_band(employees: int | None) -> str:
    """D13: of a number of employees."""
    limits = [(10, "1-10"), (50, "11-50"), (200, "51-200"), (1000, "201-1000"), (5000, "1001-5000")]
    return band(employees or None, limits, "5001+")


def stars_band(stars: int | None) -> str:
    """D13: of a number of GitHub stars."""
    return band(stars, [(0, "0"), (9, "1-9"), (99, "10-99"), (999, "100-999")], "1000+")


def described_company(company: Row | None) -> dict[str, str]:
    """The published attributes of a version of a company."""
    return {
        "company_size_band": size_band(company and company["employee_count"]),
        "industry": (company and company["industry"]) or "unknown",
        "plan": (company and company["plan"]) or "unknown",
        "country": (company and company["country"]) or "unknown",
    }


# utm_source, utm_medium and referrer of the sign-up; the names are those of Google Analytics.
CHANNELS = {
    ("google", "organic", None): "Organic Search",
    ("google", "cpc", None): "Paid Search",
    ("newsletter", "email", None): "Email",
    ("acme-cloud", "partner", None): "Unassigned",
    ("facebook", "paid_social", None): "Paid Social",
    ("docs", "referral", None): "Referral",
    (None, None, None): "Direct",
    (None, None, "https://www.google.com/search"): "Organic Search",
    (None, None, "https://blog.example/x"): "Referral",
}


class Client(NamedTuple):
    """What a user agent tells of who calls, in the order in which equals are decided."""

    sdk: str = "unknown"
    language: str = "unknown"
    client_kind: str = "unknown"


@cache
def client_of(user_agent: str | None) -> Client:
    """D13: each of the three by the first row that fits and states it, else the first product."""
    if user_agent is None:
        return Client()
    rows = sorted(seed("client_patterns"), key=lambda row: int(row["priority"]))
    fitting = [row for row in rows if is_like(user_agent.strip(), row["pattern"])]
    stated = {
        name: next(row[name] for row in fitting if row[name])
        for name in Client._fields
        if any(row[name] for row in fitting)
    }
    return Client(**{"sdk": re.split("[/ ]", user_agent.strip())[0].lower(), **stated})


def most_frequent(values: Iterable[str]) -> str:
    """D13: the value of most requests, ties alphabetical."""
    return min(Counter(values).items(), key=lambda one: (-one[1], one[0]))[0]


# -- Weeks (D4, D5, D26) ---------------------------------------------------------------------------


@dataclass
class Week:
    """A week of the series."""

    start: date
    ends_at: datetime
    as_of: datetime
    status: str
    days: set[date] = field(default_factory=set)
    is_sampled: bool = False

    @property
    def is_gap(self) -> bool:
        """Whether no log row at all fell into it."""
        return not self.days


def watermark_of(accepted: Sequence[Request], settings: Settings) -> datetime | None:
    """D4: until when all required logs are there; None if one of them never was."""
    latest: dict[str, datetime] = {}
    for request in accepted:
        latest[request.source] = max(
            request.requested_at, latest.get(request.source, request.requested_at)
        )
    required = settings.required_log_sources or tuple(latest)
    if not latest or any(source not in latest for source in required):
        return None
    return min(latest[source] for source in required)


def weeks_of(
    accepted: Sequence[Request], watermark: datetime | None, settings: Settings
) -> list[Week]:
    """Every week from the first accepted row's to the watermark's."""
    weeks: list[Week] = []
    if watermark is None:
        return weeks
    start = min(request.week for request in accepted)
    while start <= week_of(local_day(watermark, settings), settings):
        ends_at = first_instant(start + WEEK, settings)
        final_from = ends_at + settings.late_allowance_days * DAY
        is_settled = "final" if watermark >= final_from else "settling"
        inside = [request for request in accepted if request.week == start]
        weeks.append(
            Week(
                start=start,
                ends_at=ends_at,
                as_of=min(ends_at, watermark),
                status=is_settled if watermark >= ends_at else "open",
                days={request.day for request in inside},
                is_sampled=any((request.sample_rate or 1) < 1 for request in inside),
            )
        )
        start += WEEK
    return weeks


# -- Activity --------------------------------------------------------------------------------------


@dataclass
class TokenWeek:
    """An active token in a week, and whom it counts for."""

    week: Week
    token_id: str
    lineage_id: str
    attempted: int
    successful: int
    qualified: list[Request]
    developer_id: str | None
    company_id: str | None
    method: str

    @property
    def days(self) -> set[date]:
        """The days with a qualified request."""
        return {request.day for request in self.qualified}


def active_token_weeks(
    accepted: Sequence[Request], weeks: Sequence[Week], registry: Registry, settings: Settings
) -> list[TokenWeek]:
    """D6, D9, D12: each active token of each week."""
    lineages = registry.lineages()
    requests: dict[tuple[date, str], list[Request]] = defaultdict(list)
    for request in accepted:
        if request.token_id is not None:
            requests[request.week, request.token_id].append(request)
    active = []
    for week in weeks:
        for token_id in sorted({token_id for start, token_id in requests if start == week.start}):
            own = requests[week.start, token_id]
            qualified = [request for request in own if request.outcome == "qualified"]
            if len(qualified) < settings.min_qualified_requests:
                continue
            last_at = max(request.requested_at for request in qualified)
            developer_id, named_company_id, method = registry.resolve(token_id, last_at)
            active.append(
                TokenWeek(
                    week=week,
                    token_id=token_id,
                    lineage_id=lineages.get(token_id, token_id),
                    attempted=len(own),
                    successful=sum(request.is_successful for request in own),
                    qualified=qualified,
                    developer_id=developer_id,
                    company_id=named_company_id and registry.survivor(named_company_id),
                    method=method,
                )
            )
    return active


UNITS = {
    "token_lineage": lambda token_week: token_week.lineage_id,
    "developer": lambda token_week: token_week.developer_id,
    "company": lambda token_week: token_week.company_id,
}


class Series:
    """D21: which units of a grain are active in which week.

    Attributes:
        weeks_of: the first days of the weeks in which each unit is active.
    """

    def __init__(self, grain: str, active: Sequence[TokenWeek], weeks: Sequence[Week]) -> None:
        self.weeks = weeks
        self.weeks_of: dict[str, set[date]] = defaultdict(set)
        for token_week in active:
            unit = UNITS[grain](token_week)
            if unit is not None:
                self.weeks_of[unit].add(token_week.week.start)

    def active(self, start: date) -> set[str]:
        """The units that are active in a week."""
        return {unit for unit, starts in self.weeks_of.items() if start in starts}

    def before(self, start: date) -> date | None:
        """The last week before one that is not a gap."""
        tracked = [week.start for week in self.weeks if not week.is_gap and week.start < start]
        return tracked[-1] if tracked else None

    def lifecycle(self, unit: str, start: date) -> str:
        """What a unit that is active in a week is in it."""
        if start == min(self.weeks_of[unit]):
            return "new"
        return "retained" if self.before(start) in self.weeks_of[unit] else "resurrected"

    def growth(self) -> list[dict[str, Any]]:
        """Growth accounting of each week, the trailing ratio left out."""
        rows = []
        for place, week in enumerate(self.weeks):
            row: dict[str, Any] = {
                "week_start": week.start,
                "is_left_censored": place == 0,
                "week_status": week.status,
                **dict.fromkeys(
                    ("active", "new", "retained", "resurrected", "churned", "quick_ratio")
                ),
            }
            if not week.is_gap:
                units = self.active(week.start)
                counts = Counter(self.lifecycle(unit, week.start) for unit in units)
                row["active"] = len(units)
                for name in ("new", "retained", "resurrected"):
                    row[name] = counts[name]
                if week.status == "final":
                    before = self.before(week.start)
                    lost = self.active(before) - units if before else set()
                    row["churned"] = len(lost)
                    if lost and place > 0:
                        row["quick_ratio"] = (row["new"] + row["resurrected"]) / len(lost)
            rows.append(row)
        return rows


# -- The marts -------------------------------------------------------------------------------------


@dataclass
class Program:
    """Everything that the marts are written from."""

    settings: Settings
    requests: list[Request]
    accepted: list[Request]
    registry: Registry
    watermark: datetime | None
    weeks: list[Week]
    active: list[TokenWeek]
    series: dict[str, Series]


def understand(tables: Tables, settings: Settings) -> Program:
    """Gives every row its outcome, every token its weeks, and every week its status.

    Args:
        tables: rows of the raw tables by ``source/table``, with every column, and what the world
            adds to the seeds ``company_overrides``, ``domain_aliases`` and ``test_tokens``.
        settings: the vars.
    """
    registry = Registry(tables, settings)
    requests = read_requests(tables)
    formed = []
    for request in requests:
        if is_malformed(request):
            request.outcome = "malformed"
            continue
        formed.append(request)
        request.day = local_day(request.requested_at, settings)
        request.week = week_of(request.day, settings)
    duplicates = find_duplicates(formed)
    for request in formed:
        request.is_successful = is_successful(request, settings)
        is_duplicate = id(request) in duplicates
        request.outcome = "duplicate" if is_duplicate else outcome_of(request, registry)
    accepted = [request for request in formed if request.outcome != "duplicate"]
    watermark = watermark_of(accepted, settings)
    weeks = weeks_of(accepted, watermark, settings)
    active = active_token_weeks(accepted, weeks, registry, settings)
    series = {grain: Series(grain, active, weeks) for grain in UNITS}
    return Program(settings, requests, accepted, registry, watermark, weeks, active, series)


def request_outcomes_weekly(program: Program, tables: Tables) -> list[dict[str, Any]]:
    """D7: where every raw row went, the rows that landing rejected too."""
    rows: dict[Any, list[str | None]] = defaultdict(list)
    for request in program.requests:
        rows[request.source, request.week, request.outcome].append(request.token_id)
    for reject in tables["landing/rejects"]:
        if reject["source_name"] in ("api_gateway", "cloudtrail"):
            rows[reject["source_name"], None, "malformed"].append(None)
    return [
        {
            "source": source,
            "week_start": start,
            "outcome": outcome,
            "requests": len(tokens),
            "tokens": len(set(tokens) - {None}),
        }
        for (source, start, outcome), tokens in rows.items()
    ]


def dim_weeks(program: Program) -> list[dict[str, Any]]:
    """D4, D5, D26."""
    return [
        {
            "week_start": week.start,
            "week_end": week.start + 6 * DAY,
            "week_status": week.status,
            "is_data_gap": week.is_gap,
            "days_with_logs": len(week.days),
            "is_sampled": week.is_sampled,
        }
        for week in program.weeks
    ]


def dim_tokens(program: Program) -> list[dict[str, Any]]:
    """D9: the lineage of each token that is registered, was active, or is a lineage's first."""
    lineages = program.registry.lineages()
    known = set(program.registry.tokens.versions) | {one.token_id for one in program.active}
    known |= set(lineages.values())
    return [
        {"token_id": token_id, "token_lineage_id": lineages.get(token_id, token_id)}
        for token_id in known
    ]


def weekly_active_tokens(program: Program) -> list[dict[str, Any]]:
    """One row per active token and week."""
    registry = program.registry
    rows = []
    for one in program.active:
        company = registry.company_attributes(one.company_id, one.week.as_of)
        # The country of a token is its developer's.
        del company["country"], company["country_current"]
        rows.append(
            {
                "week_start": one.week.start,
                "token_id": one.token_id,
                "token_lineage_id": one.lineage_id,
                "developer_id": one.developer_id,
                "company_id": one.company_id,
                "ultimate_parent_company_id": one.company_id
                and registry.ultimate_parent(one.company_id),
                "resolution_method": one.method,
                "attempted_requests": one.attempted,
                "successful_requests": one.successful,
                "qualified_requests": len(one.qualified),
                "active_days": len(one.days),
                "first_request_at": min(request.requested_at for request in one.qualified),
                "last_request_at": max(request.requested_at for request in one.qualified),
                "lifecycle": program.series["token_lineage"].lifecycle(
                    one.lineage_id, one.week.start
                ),
                "is_left_censored": one.week is program.weeks[0],
                "week_status": one.week.status,
                **{
                    name: most_frequent(
                        getattr(client_of(request.user_agent), name) for request in one.qualified
                    )
                    for name in Client._fields
                },
                "api": most_frequent(request.api or "unknown" for request in one.qualified),
                **company,
                **registry.developer_attributes(one.developer_id, one.week.as_of),
            }
        )
    return rows


def weekly_active_companies(program: Program) -> list[dict[str, Any]]:
    """One row per active company and week."""
    registry = program.registry
    groups: dict[tuple[date, str], list[TokenWeek]] = defaultdict(list)
    for one in program.active:
        if one.company_id is not None:
            groups[one.week.start, one.company_id].append(one)
    rows = []
    for (start, company_id), group in groups.items():
        week = group[0].week
        rows.append(
            {
                "week_start": start,
                "company_id": company_id,
                "ultimate_parent_company_id": registry.ultimate_parent(company_id),
                "active_tokens": len(group),
                "active_developers": len({one.developer_id for one in group} - {None}),
                "qualified_requests": sum(len(one.qualified) for one in group),
                "active_days": len(set().union(*(one.days for one in group))),
                "lifecycle": program.series["company"].lifecycle(company_id, start),
                "is_left_censored": week is program.weeks[0],
                "week_status": week.status,
                **registry.company_attributes(company_id, week.as_of),
            }
        )
    return rows


def growth_accounting_weekly(program: Program) -> list[dict[str, Any]]:
    """D21, D22."""
    rows = []
    for grain, series in program.series.items():
        growth = series.growth()
        for place, row in enumerate(growth):
            trailing = growth[max(place - 3, 0) : place + 1]
            usable = (
                len(trailing) == 4
                and not any(one["is_left_censored"] for one in trailing)
                # A gap has none either.
                and all(one["churned"] is not None for one in trailing)
            )
            churned = sum(one["churned"] for one in trailing) if usable else 0
            gained = sum(one["new"] + one["resurrected"] for one in trailing) if usable else 0
            ratio = gained / churned if churned else None
            rows.append({"grain": grain, **row, "quick_ratio_trailing_4_weeks": ratio})
    return rows


def retention_weekly(program: Program) -> list[dict[str, Any]]:
    """D23."""
    rows = []
    for grain, series in program.series.items():
        cohorts: dict[date, set[str]] = defaultdict(set)
        for unit, starts in series.weeks_of.items():
            cohorts[min(starts)].add(unit)
        for cohort, units in cohorts.items():
            for week in program.weeks:
                if week.start < cohort:
                    continue
                later = [max(series.weeks_of[unit]) >= week.start for unit in units]
                rows.append(
                    {
                        "cohort_week": cohort,
                        "grain": grain,
                        "weeks_since": (week.start - cohort).days // 7,
                        "cohort_size": len(units),
                        "active": None if week.is_gap else len(units & series.active(week.start)),
                        "active_on_or_after": None if week.is_gap else sum(later),
                        "is_mature": week.status == "final",
                    }
                )
    return rows


def north_star_weekly(program: Program) -> list[dict[str, Any]]:
    """The figures of each week that come from the logs."""
    rows: list[dict[str, Any]] = []
    growth = program.series["token_lineage"].growth()
    before = None
    for week, grown in zip(program.weeks, growth, strict=True):
        active = [one for one in program.active if one.week is week]
        resolved = [one for one in active if one.company_id is not None]
        row: dict[str, Any] = {
            "weekly_active_tokens": len(active),
            "weekly_active_token_lineages": len({one.lineage_id for one in active}),
            "weekly_active_developers": len({one.developer_id for one in active} - {None}),
            "weekly_active_companies": len({one.company_id for one in resolved}),
            "qualified_requests": sum(len(one.qualified) for one in active),
            "resolved_tokens_rate": len(resolved) / len(active) if active else None,
        }
        for change, metric in (
            ("wat_change", "weekly_active_tokens"),
            ("wac_change", "weekly_active_companies"),
        ):
            is_known = before is not None and week.status == "final"
            row[change] = row[metric] - before[metric] if is_known else None
        if week.is_gap:
            row = dict.fromkeys(row)
        else:
            before = row
        rows.append(row | {"quick_ratio": grown["quick_ratio"]})
    return [weeks | row for weeks, row in zip(dim_weeks(program), rows, strict=True)]


def rolling_active_tokens_daily(program: Program) -> list[dict[str, Any]]:
    """D3: today and the six days before."""
    if program.watermark is None:
        return []
    rows = []
    requests_of: dict[date, list[Request]] = defaultdict(list)
    for request in program.accepted:
        requests_of[request.day].append(request)
    day = min(requests_of)
    while day <= local_day(program.watermark, program.settings):
        window = [one for days_ago in range(7) for one in requests_of[day - days_ago * DAY]]
        tokens = Counter(one.token_id for one in window if one.outcome == "qualified")
        least = program.settings.min_qualified_requests
        active = sum(requests >= least for requests in tokens.values())
        rows.append(
            {"activity_date": day, "rolling_7_day_active_tokens": active if window else None}
        )
        day += DAY
    return rows


def marts_of(program: Program, tables: Tables) -> Marts:
    """The rows of every mart that this reference knows."""
    return {
        "fct_request_outcomes_weekly": request_outcomes_weekly(program, tables),
        "dim_weeks": dim_weeks(program),
        "dim_tokens": dim_tokens(program),
        "fct_weekly_active_tokens": weekly_active_tokens(program),
        "fct_weekly_active_companies": weekly_active_companies(program),
        "fct_growth_accounting_weekly": growth_accounting_weekly(program),
        "fct_retention_weekly": retention_weekly(program),
        "fct_north_star_weekly": north_star_weekly(program),
        "fct_rolling_active_tokens_daily": rolling_active_tokens_daily(program),
    }
