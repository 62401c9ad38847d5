"""Developers are forgotten, and every number of the past stays what it was."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration import erasure
from orchestration.erasure import erase
from orchestration.landing import Options, find_people, land
from orchestration.settings import DataFolder
from tests.compiled import compile_models

pytestmark = pytest.mark.services

# Whose company a contact tells, the portal, and the domain of the address.
FORGOTTEN = ("dev_7", "dev_3", "dev_5")
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


@dataclass(frozen=True)
class Erased:
    """A folder after an erasure, the marts before it, and the pseudonyms of developers."""

    data: DataFolder
    before: Marts
    pseudonyms: dict[str, str]


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    """A world in which three were forgotten."""
    data = DataFolder(tmp_path_factory.mktemp("erased"))
    _deliver(data)
    _land(data)
    before = _marts(data)
    found = find_people(data, FORGOTTEN)
    report = erase(data, FORGOTTEN)
    assert not report.search.traces
    # Id, address, login and browser of each, and a contact.
    assert (report.developers, report.names) == (3, 13)
    return Erased(data, before, {name: found["developer", name] for name in FORGOTTEN})


def _renamed(marts: Marts, pseudonyms: Mapping[str, str]) -> dict[str, list[str]]:
    """Rows in an order that does not depend on names."""
    return {
        name: sorted(repr([pseudonyms.get(str(value), value) for value in row]) for row in rows)
        for name, rows in marts.items()
    }


def test_the_world_shows_the_forgotten_in_many_marts(erased: Erased) -> None:
    for developer in FORGOTTEN:
        holding = {name for name, rows in erased.before.items() for row in rows if developer in row}
        assert holding >= {"dim_developers", "dim_tokens", "fct_weekly_active_tokens"}
    methods = {
        value
        for row in erased.before["fct_weekly_active_tokens"]
        if set(row) & set(FORGOTTEN)
        for value in row
    }
    assert methods >= {"developer", "contact", "domain"}
    assert all(erased.before[name] for name in ("fct_north_star_weekly", "fct_ttfhw_summary"))


def test_every_mart_is_the_same_but_for_the_names(erased: Erased) -> None:
    after = _marts(erased.data)
    assert not any(set(FORGOTTEN) & set(row) for rows in after.values() for row in rows)
    assert _renamed(after, {}) == _renamed(erased.before, erased.pseudonyms)


def test_landed_again_from_nothing_every_mart_is_the_same(erased: Erased, tmp_path: Path) -> None:
    for name in ("landing", "forgotten.json", "token_key"):
        given = erased.data.root / name
        copy = shutil.copytree if given.is_dir() else shutil.copy
        copy(given, tmp_path / name)
    again = DataFolder(tmp_path)
    _land(again)
    assert _renamed(_marts(again), {}) == _renamed(erased.before, erased.pseudonyms)


def test_a_line_of_the_overrides_that_names_the_person_is_told(tmp_path: Path) -> None:
    lists = tmp_path / "project" / "seeds"
    lists.mkdir(parents=True)
    (lists / "company_overrides.csv").write_text(
        "scope,id,company_id,reason\ndeveloper,dev_4,c1,x\ntoken,dev_5,c1,x\ndeveloper,Dev_5,c1,x\n"
    )
    data = DataFolder(tmp_path / "data")
    _write(
        data,
        "developer_portal/developers",
        [{"developer_id": "dev_5", "signed_up_at": "2026-03-01"}],
    )
    _land(data)
    report = erase(data, ["dev_5"], tmp_path / "project")
    ((line, pseudonym),) = report.overrides.items()
    assert line == 4
    assert f"seeds/company_overrides.csv, line 4 names one of them: write {pseudonym} there." in (
        report.lines()
    )


def test_an_erasure_that_is_killed_before_raw_finds_all_names_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataFolder(tmp_path)
    _write(
        data,
        "developer_portal/developers",
        [{"developer_id": "dev_5", "email": "a@b.example", "signed_up_at": "2026-03-01"}],
    )
    _land(data)
    given: list[Mapping[str, str]] = []

    def rename(data: DataFolder, pseudonyms: Mapping[str, str]) -> int:
        given.append(pseudonyms)
        return 0

    def die(data: DataFolder, names: Iterable[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "rename_people", rename)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "forget", die)
        with pytest.raises(KeyboardInterrupt):
            erase(data, ["a@b.example"])
    erase(data, ["a@b.example"])
    assert given[0] == given[1]
    assert given[0].keys() == {"dev_5"}
