"""A developer is forgotten, and every number of the past stays what it was."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.erasure import erase
from orchestration.landing import Options, land
from orchestration.settings import DataFolder
from tests.compiled import compile_models

JANE = "dev_7"
DEVELOPERS = 16

Marts = dict[str, list[tuple[Any, ...]]]


def _write(data: DataFolder, table: str, rows: list[dict[str, Any]]) -> None:
    file = data.landing / table / "a.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _deliver(data: DataFolder) -> None:
    """Nine weeks of developers at four companies, who are found by contact, domain and portal."""
    chance = random.Random(5)
    people = range(DEVELOPERS)
    company = [number % 4 for number in people]
    emails = [f"p{number}@company{company[number]}.example" for number in people]
    signed_up = [f"2026-03-{1 + number:02d}T08:{number:02d}:00Z" for number in people]
    _write(
        data,
        "developer_portal/developers",
        [
            {
                "developer_id": f"dev_{number}",
                "email": emails[number] if number % 3 else emails[number].upper(),
                "signed_up_at": signed_up[number],
                "github_login": f"Login{number}" if number % 2 else None,
                "company_id": "c3" if number == 3 else None,
                "country": country,
                "utm_source": chance.choice(("search", "partner", None)),
                "updated_at": updated,
            }
            for number in people
            for country, updated in (
                (("DE", None), ("FR", f"2026-04-{1 + number:02d}"))
                if number % 2
                else (("US", None),)
            )
        ],
    )
    _write(
        data,
        "developer_portal/api_tokens",
        [
            {
                "token_id": f"t{number}",
                "developer_id": f"dev_{number % DEVELOPERS}",
                "created_at": signed_up[number % DEVELOPERS],
                "environment": "sandbox" if number % 5 == 4 else "production",
            }
            for number in range(20)
        ],
    )
    _write(
        data,
        "crm/contacts",
        [
            # The first company of a contact is not its domain's: the contact decides.
            {
                "contact_id": f"k{number}",
                "email": emails[number],
                "company_id": f"c{(number + 1) % 4}",
                "updated_at": f"2026-03-{1 + number:02d}",
            }
            for number in range(0, DEVELOPERS, 2)
        ]
        + [{"contact_id": "k7", "email": emails[7], "company_id": "c0"}],
    )
    _write(
        data,
        "crm/companies",
        [
            {
                "company_id": f"c{number}",
                "name": f"Company {number}",
                "domain": f"company{number}.example",
                "employee_count": 9 ** (number + 1),
                "created_at": "2026-01-01",
            }
            for number in range(4)
        ],
    )
    _write(
        data,
        "github/profiles",
        [
            {"github_login": f"login{number}", "captured_at": "2026-03-02", "stars": 3**number}
            for number in range(9)
        ],
    )
    _write(
        data,
        "website/page_views",
        [
            {
                "occurred_at": f"2026-03-{1 + number % 28:02d}T07:00:00Z",
                "visitor_id": f"v{number % 20}",
                "developer_id": f"dev_{number % 20}" if number % 20 < DEVELOPERS else None,
                "path": "/docs",
            }
            for number in range(60)
        ],
    )
    _write(
        data,
        "api_gateway/api_requests",
        [
            {
                "request_id": f"r{number}",
                "requested_at": f"2026-{3 + number // 400:02d}-{1 + number // 20 % 20:02d}T"
                f"{8 + number % 12:02d}:{number % 60:02d}:{number % 59:02d}Z",
                "token_id": f"t{chance.randrange(20)}",
                "status_code": chance.choice((200, 200, 201, 401, 500)),
                "path": f"/v1/things/{number}",
            }
            for number in range(800)
        ],
    )


def _marts(data: DataFolder) -> Marts:
    compiled = compile_models()
    names = [name for name, relation in compiled.relations.items() if '."marts".' in relation]
    models = compile_models(names)
    with models.connect(data.raw / "batches") as connection:
        for step in models.steps:
            connection.execute(step.statement())
        return models.rows(connection)


def _land(data: DataFolder) -> None:
    land(data, lambda line: None, Options())


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataFolder, Marts, str]:
    """A folder after the erasure of Jane, the marts before it, and her pseudonym."""
    data = DataFolder(tmp_path_factory.mktemp("erased"))
    _deliver(data)
    _land(data)
    before = _marts(data)
    report = erase(data, [JANE])
    assert not report.search.traces
    assert (report.developers, report.names) == (1, 5)
    query = (
        "select distinct developer_id from read_parquet($1) where developer_id like 'forgotten-%'"
    )
    found = duckdb.execute(
        query, [str(data.raw / "batches/*/developer_portal/developers/*.parquet")]
    )
    ((pseudonym,),) = found.fetchall()
    return data, before, pseudonym


def _renamed(marts: Marts, pseudonym: str) -> dict[str, list[str]]:
    """Rows in an order that does not depend on the name."""
    return {
        name: sorted(repr([pseudonym if value == JANE else value for value in row]) for row in rows)
        for name, rows in marts.items()
    }


def test_the_world_shows_the_person_in_many_marts(erased: tuple[DataFolder, Marts, str]) -> None:
    _, before, _ = erased
    holding = {name for name, rows in before.items() if any(JANE in row for row in rows)}
    assert holding >= {"dim_developers", "dim_tokens", "fct_weekly_active_tokens"}
    methods = {value for row in before["fct_weekly_active_tokens"] for value in row}
    assert methods >= {"developer", "contact", "domain"}
    assert all(before[name] for name in ("fct_north_star_weekly", "fct_ttfhw_summary"))


def test_every_mart_is_the_same_but_for_the_name(erased: tuple[DataFolder, Marts, str]) -> None:
    data, before, pseudonym = erased
    after = _marts(data)
    assert not any(JANE in row for rows in after.values() for row in rows)
    assert _renamed(after, pseudonym) == _renamed(before, pseudonym)


def test_landed_again_from_nothing_every_mart_is_the_same(
    erased: tuple[DataFolder, Marts, str], tmp_path: Path
) -> None:
    data, before, pseudonym = erased
    again = DataFolder(tmp_path)
    for name in ("landing", "forgotten.json", "token_key"):
        copy = shutil.copytree if (data.root / name).is_dir() else shutil.copy
        copy(data.root / name, tmp_path / name)
    _land(again)
    assert _renamed(_marts(again), pseudonym) == _renamed(before, pseudonym)
