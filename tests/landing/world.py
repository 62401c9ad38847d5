"""A small world in rows, and files of some of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tests.landing.packing import Row, pack

TEXT_ENDINGS = ("jsonl", "ndjson", "json", "jsonl.gz", "jsonl.zst")
CSV_ENDINGS = ("csv", "csv.gz", "csv.zst")
ANY_ENDING = (*TEXT_ENDINGS, *CSV_ENDINGS, "parquet")


@dataclass(frozen=True, eq=False, repr=False)
class Pile:
    """Rows of one table that may lie in files of the same formats.

    Attributes:
        folder: of the table.
        rows: the rows; a text is a line as it stands.
        endings: formats that give each of the rows, or the same reject.
        most_files: files it is split into at most.
        records: key of the array of a document.
    """

    folder: str
    rows: tuple[Row | str, ...]
    endings: tuple[str, ...] = ANY_ENDING
    most_files: int = 3
    records: str | None = None

    def __repr__(self) -> str:
        return f"{len(self.rows)} rows of {self.folder} as {self.endings[0]}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row has a value in."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))


REQUEST_COLUMNS = ("requested_at", "status_code", "path", "token", "request_id")


@cache
def piles() -> tuple[Pile, ...]:
    """A small world: five weeks, every outcome, versions, mergers, rejects of every kind."""
    chance = random.Random(7)
    requests: list[Row] = []
    for number in range(90):
        day, hour = divmod(number * 9 + chance.randrange(9), 24)
        requests.append(
            {
                "requested_at": f"2026-03-{2 + day % 28:02d}T{hour:02d}:{number % 60:02d}Z",
                "status_code": chance.choice((200, 200, 200, 201, 304, 401, 429, 500)),
                "path": f"/v1/things/{number}?page={number}",
                "token": f"sk_live_{chance.randrange(6):024d}" if number % 11 else None,
                "request_id": f"r{number}" if number % 3 else None,
                "endpoint": chance.choice(("/v1/things/{id}", "/health", None)),
                "environment": chance.choice(("production", "sandbox", None)),
                "user_agent": chance.choice(("sdk/1.0", "UptimeRobot/2.0", 'a "b", c', None)),
                "latency_ms": chance.choice((1, 12.5, None)),
                "is_success": chance.choice((True, False, None, None)),
            }
        )
    known = [row for row in requests if row["request_id"]]
    # A retried delivery, equal or not; across midnight it is a request of its own.
    again = [dict(row) for row in chance.sample(known, 12)]
    for number, row in enumerate(again[:6]):
        row["latency_ms"] = 1_000 + number
        row["requested_at"] = str(row["requested_at"])[:10] + f"T23:59:{number:02d}Z"
    developers = [
        {
            "developer_id": f"d{number}",
            "email": f"Person{number}@company{number % 3}.example",
            "signed_up_at": f"2026-03-{1 + number:02d}T08:00:00Z",
            "country": country,
            "utm_source": chance.choice(("search", "partner", None)),
            "company_id": chance.choice((None, "c1")),
            "updated_at": f"2026-03-{updated:02d}T08:00:00Z" if updated else None,
        }
        for number in range(5)
        # Two of the versions are of one time and not equal: the content decides.
        for updated, country in ((None, "DE"), (10, "FR"), (20, "US"), (20, "NO"))
    ]
    tokens = [
        {
            "token": f"sk_live_{number:024d}",
            "developer_id": f"d{owner}",
            "created_at": f"2026-03-{1 + number:02d}T09:00:00Z",
            "environment": "sandbox" if number == 5 else "production",
            "scopes": "read",
            "replaces_token": f"sk_live_{number - 1:024d}" if number == 3 else None,
            "updated_at": updated,
        }
        for number in range(5)
        for owner, updated in (
            (number % 5, None),
            ((number + 1) % 5, "2026-03-18T00:00:00Z"),
        )
    ]
    contacts = [
        {
            "contact_id": f"k{number}",
            "email": f"person{number % 5}@company{number % 3}.example",
            "company_id": f"c{number % 4}" if number % 3 else None,
            "updated_at": f"2026-03-{1 + number:02d}",
        }
        for number in range(8)
    ]
    companies = [
        {
            "company_id": f"c{number}",
            "name": f"Company {number}",
            "domain": f"https://www.company{number}.example/",
            "employee_count": size,
            "industry": "software",
            "plan": plan,
            "merged_into_company_id": "c0" if number == 2 and updated else None,
            "updated_at": updated,
        }
        for number in range(4)
        for size, plan, updated in ((9, "free", None), (90, "team", "2026-03-15T00:00:00Z"))
    ]
    events = [
        {
            "eventID": f"e{number}",
            "eventTime": f"2026-03-{3 + number * 4 // 3:02d}T12:00:00Z",
            "eventType": "AwsApiCall",
            "eventName": "GetObject",
            "errorCode": None if number % 4 else "AccessDenied",
            "userIdentity": {"type": "IAMUser", "accessKeyId": f"AKIA{number % 3:016d}"},
        }
        for number in range(20)
    ]
    # What is wrong with a row is told in the words of its format, so each has a format of its own.
    bad_lines = [
        *(f"not JSON {number}" for number in range(4)),
        *(f'{{"requested_at":"2026-03-05","status_code":"s{number}"}}' for number in range(4)),
        *(f'{{"status_code":200,"path":"/{number}"}}' for number in range(4)),
    ]
    bad_rows = [
        *(f"2026-03-05,s{number},/a,," for number in range(3)),
        *(f"2026-03-05,20{number}" for number in range(3)),
        *(f"2026-03-05,200,/a,,r,too,{number}" for number in range(3)),
        *(f",200,/{number},," for number in range(3)),
    ]
    good_rows = [
        {"requested_at": "2026-03-06", "status_code": 200, "path": f"/g{number}", "token": "sk_g"}
        for number in range(6)
    ]
    gateway = "api_gateway/api_requests"
    registry = "developer_portal"
    return (
        Pile(gateway, (*requests, *again), most_files=6),
        Pile(gateway, (*bad_lines, *good_rows[:3]), TEXT_ENDINGS),
        CsvPile(gateway, (*bad_rows, *good_rows[3:]), CSV_ENDINGS),
        Pile(f"{registry}/developers", tuple(developers)),
        Pile(f"{registry}/api_tokens", tuple(tokens)),
        Pile("crm/contacts", tuple(contacts), most_files=2),
        Pile("crm/companies", tuple(companies), most_files=2),
        Pile("cloudtrail", (*events, "1", "null", "[2]"), ("json", "json.gz"), 3, "Records"),
    )


class CsvPile(Pile):
    """Rows of CSV, some of which are lines as they stand."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the lines were written for."""
        return REQUEST_COLUMNS


def packed(pile: Pile, rows: Sequence[Row | str], ending: str | None = None) -> bytes:
    """A file of some of a pile's rows."""
    return pack(ending or pile.endings[0], rows, pile.columns, pile.records)
