"""The exports of HubSpot and Salesforce, whole and with one table or column less.

Each variant is a portal of its own, so that one landing and one dbt build, with every test there
is, see all of them side by side, and with the default file layout.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing.contract import Table, read_contract
from orchestration.settings import PROJECT
from tests.worlds.conftest import SHARED_DATA

# No server, but dbt builds the whole project three times.
pytestmark = pytest.mark.services

DBT = "from dbt.cli.main import cli; cli()"
COPIED = ("orchestration", "models", "macros", "seeds", "formats", "tests/dbt")
FIELDS = """[
    {name: hubspot.company.property_hs_all-funky-a9384-syntax, alias: funkiness, type: bigint},
    {name: hubspot.company.property_state, alias: state, type: string},
    {name: salesforce.account.billing_state, alias: state, type: string},
    {name: salesforce.account.type, alias: plan, type: string},
    {name: hubspot.contact.property_lastname, alias: surname_hash, type: string},
    {name: salesforce.lead.annual_revenue, alias: revenue, type: double}]"""
# What the models make of a column where it has another name there.
SHOWN_AS = {
    "name": "company_name",
    "website": "domain",
    "master_record_id": "merged_into",
    "parent_id": "parent_company_id",
    "account_id": "company_id",
    "converted_account_id": "company_id",
    "converted_contact_id": "merged_into",
    "merged_company_ids": "merged_into",
    "merged_contact_ids": "merged_into",
    "lead_source": "original_source",
    "status": "lifecycle_stage",
    "is_deleted_by_loader": "is_deleted",
}
TIMES = {"created_at", "updated_at", "synced_at"}
OF_COMPANIES = (
    *("parent_company_id", "company_name", "domain", "industry", "country", "plan"),
    *("employee_count", "is_deleted", "funkiness", "state"),
)
OF_CONTACTS = (
    *("company_id", "email", "lifecycle_stage", "original_source", "is_deleted"),
    *("surname_hash", "revenue"),
)


@dataclass(frozen=True)
class Variant:
    """An export with something left out.

    Attributes:
        relation: its folder in landing/.
        table: raw table that is touched; None for the whole export.
        column: column of that table that is left out; None where the table is.
    """

    relation: str
    table: str | None = None
    column: str | None = None


def _files(crm: str) -> dict[str, Path]:
    """The files of an export, by the folder that each belongs in."""
    folder = SHARED_DATA / f"{crm}_export"
    if not folder.is_dir():
        pytest.skip(f"shared/data/{crm}_export is not beside this project")
    folders = {path.split("/")[1] for table in _tables(crm) for path in table.folders}
    found = {}
    for path in folder.glob("*.csv"):
        name = path.stem.removeprefix("sf_").removesuffix("_data")
        if name in folders:
            found[name] = path
    return found


def _tables(crm: str) -> list[Table]:
    return [table for table in read_contract().tables if table.source == crm]


def _variants(crm: str) -> Iterator[Variant]:
    """The whole export; without each table; without each column that is taken and not required."""
    yield Variant(crm)
    files = _files(crm)
    number = 0
    for table in _tables(crm):
        own = [files[path.split("/")[1]] for path in table.folders if path.split("/")[1] in files]
        if not own:
            continue
        number += 1
        yield Variant(f"{crm}_{number}", table.name)
        header = {name for path in own for name in _rows(path)[0]}
        for column in table.columns:
            if not column.is_required and header & set(column.inputs):
                number += 1
                yield Variant(f"{crm}_{number}", table.name, column.name)


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as opened:
        return list(csv.reader(opened))


def _deliver(variant: Variant, crm: str, landing: Path) -> None:
    """Drops an export into landing/, without what the variant leaves out."""
    tables = {path.split("/")[1]: table for table in _tables(crm) for path in table.folders}
    for name, path in _files(crm).items():
        table, rows = tables[name], _rows(path)
        if variant.table == table.name:
            if variant.column is None:
                continue
            (column,) = [each for each in table.columns if each.name == variant.column]
            kept = [place for place, title in enumerate(rows[0]) if title not in column.inputs]
            rows = [[row[place] for place in kept] for row in rows]
        folder = landing / variant.relation / name
        folder.mkdir(parents=True)
        with (folder / "export.csv").open("w", newline="", encoding="utf-8") as opened:
            csv.writer(opened).writerows(rows)


def _write_portal(landing: Path, with_crm: bool = True) -> None:
    """One developer for each company of the whole HubSpot export, who calls the API each week."""
    companies = [row[0] for row in _rows(_files("hubspot")["company"])[1:]]
    tables: dict[str, list[dict[str, Any]]] = {
        "crm/companies": [{"company_id": "acme", "name": "Acme", "domain": "acme.example"}],
        "crm/contacts": [{"contact_id": "1", "email": "x@gmail.com", "company_id": "acme"}],
        "developer_portal/developers": [
            {
                "developer_id": company,
                "signed_up_at": "2021-01-04T00:00:00Z",
                "company_id": f"hubspot:{company}",
                "email": f"{company}@gmail.com",
            }
            for company in companies
        ]
        + [{"developer_id": "x", "signed_up_at": "2021-01-04T00:00:00Z", "email": "X@gmail.com"}],
    }
    names = [row["developer_id"] for row in tables["developer_portal/developers"]]
    tables["developer_portal/api_tokens"] = [
        {"token_id": name, "developer_id": name, "created_at": "2021-01-04T00:00:00Z"}
        for name in names
    ]
    tables["api_gateway/api_requests"] = [
        {"token_id": name, "requested_at": f"2021-01-{day:02d}T12:00:00Z", "status_code": 200}
        for name in names
        for day in (4, 11, 18, 29)
    ]
    for table, rows in tables.items():
        if table.startswith("crm/") and not with_crm:
            continue
        folder = landing / table
        folder.mkdir(parents=True)
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))


class Project:
    """A copy of the project in which nothing but dbt_project.yml is edited."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "project"
        self.data = place / "data"
        for name in COPIED:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / name, self.folder / name, ignore=ignore)
        for name in ("profiles.yml", "selectors.yml", "pyproject.toml"):
            shutil.copy(PROJECT / name, self.folder / name)
        self.edit({})

    def edit(self, changes: dict[str, str]) -> None:
        """Writes dbt_project.yml as it is in the repository, with other values of some vars."""
        text = (PROJECT / "dbt_project.yml").read_text()
        for name, value in changes.items():
            before, _, after = text.partition(f"\n  {name}: ")
            assert after, name
            text = f"{before}\n  {name}: {value}\n{after.partition(chr(10))[2]}"
        (self.folder / "dbt_project.yml").write_text(text)

    def run(self, *command: str) -> str:
        """What a command says that succeeds."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={
                **os.environ,
                "NORTH_STAR_DATA": str(self.data),
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "PYTHONPATH": str(self.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def build(self, *arguments: str) -> str:
        """``dbt build`` with every test."""
        return self.run("-c", DBT, "build", *arguments)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        settings = {"file_search_path": str(self.data / "raw" / "batches")}
        with duckdb.connect(
            self.data / "dev" / "dev.duckdb", read_only=True, config=settings
        ) as db:
            return db.execute(query).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All variants of both exports and the default layout, built and tested by dbt."""
    project = Project(tmp_path_factory.mktemp("crms"))
    for crm in ("hubspot", "salesforce"):
        for variant in _variants(crm):
            _deliver(variant, crm, project.data / "landing")
    _write_portal(project.data / "landing")
    project.edit({"crm_sources": "[crm, hubspot, salesforce]", "crm_custom_fields": FIELDS})
    assert "rejected" not in project.run("-m", "orchestration", "land").replace(", 0 rejected", "")
    # The other unit tests are those of the sample's build.
    project.build(
        "--quiet",
        *("--select", "resource_type:seed", "resource_type:model", "resource_type:test"),
        *("test_type:unit,path:models/intermediate/crm",),
    )
    return project


@pytest.fixture(scope="module")
def records(project: Project) -> dict[str, dict[str, dict[str, Any]]]:
    """What each portal says of each record now, by portal and id."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    tables = {
        "company": ("int_company_records", "record_id", OF_COMPANIES),
        "contact": ("int_contact_versions", "contact_id", OF_CONTACTS),
    }
    for entity, (table, key, columns) in tables.items():
        names = ["source_relation", "id", "merged_into", *columns]
        for row in project.rows(
            f"select source_relation, {key}, merged_into_{entity}_id, {', '.join(columns)} "
            f"from intermediate.{table} where is_latest"
        ):
            values = dict(zip(names, row, strict=True))
            relation = values.pop("source_relation")
            unnamed = {
                name: value.removeprefix(f"{relation}:") if isinstance(value, str) else value
                for name, value in values.items()
            }
            of_relation = found.setdefault(relation, {})
            of_relation[f"{entity} {unnamed.pop('id')}"] = unnamed
    return found


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_what_a_column_or_table_does_not_say_is_all_that_is_lost(
    crm: str, records: dict[str, dict[str, dict[str, Any]]]
) -> None:
    whole = records[crm]
    variants = list(_variants(crm))[1:]
    assert len(variants) > 15
    for variant in variants:
        found = records.get(variant.relation, {})
        if variant.column is None:
            kinds = {"company": "company", "account": "company", "contact": "contact"}
            lost = kinds.get(variant.table)
            assert found.keys() <= whole.keys(), variant
            assert all(
                name.startswith(lost or "-") or "00Q" in name for name in whole.keys() - found
            ), variant
        else:
            assert found.keys() == whole.keys(), variant
        shown = SHOWN_AS.get(variant.column, variant.column)
        for name, values in found.items():
            differing = {key for key, value in values.items() if value != whole[name][key]}
            if variant.column is None:
                assert differing <= {"merged_into"}, (variant, name)
            elif variant.column not in TIMES:
                assert differing <= {shown}, (variant, name)
                assert all(values[key] in (None, False) for key in differing), (variant, name)


def test_a_custom_field_is_a_dimension_of_the_weekly_facts(project: Project) -> None:
    names, *rows = _rows(_files("hubspot")["company"])
    place = names.index("property_hs_all-funky-a9384-syntax")
    truth = {f"hubspot:{row[0]}": int(row[place]) if row[place] else None for row in rows}
    assert sum(value is not None for value in truth.values()) == 7
    for query in (
        "select company_id, funkiness, funkiness_current from marts.fct_weekly_active_companies "
        "where company_id <> 'acme'",
        "select company_id, funkiness, funkiness_current from marts.fct_weekly_active_tokens "
        "where company_id <> 'acme'",
        "select company_id, funkiness, funkiness from marts.dim_companies "
        "where source_relation = 'hubspot'",
    ):
        found = project.rows(query)
        assert {(company_id, value, value) for company_id, value in truth.items()} == set(found)
    weeks = project.rows(
        "select week_start, state, count(*) from marts.fct_weekly_active_companies group by all"
    )
    assert {(state, count) for _, state, count in weeks} == {("XX", 24), ("unknown", 1)}
    assert len(weeks) == 8


def test_a_custom_field_is_a_dimension_of_every_change(project: Project) -> None:
    found = set(project.rows("select metric, dimension from marts.fct_north_star_drivers_weekly"))
    of_tokens = {dimension for metric, dimension in found if metric == "weekly_active_tokens"}
    assert {"state", "surname_hash"} <= of_tokens
    # Numbers are no segments, and a contact is none of a company's.
    assert not {"funkiness", "revenue"} & of_tokens
    of_companies = {dimension for metric, dimension in found if metric.endswith("_companies")}
    assert "state" in of_companies and "surname_hash" not in of_companies


def test_a_field_may_stand_for_a_column_that_a_crm_does_not_have(project: Project) -> None:
    kinds = {row[0] for row in project.rows(
        "select distinct plan from marts.dim_companies where source_relation = 'salesforce'"
    )}  # fmt: skip
    names, *rows = _rows(_files("salesforce")["account"])
    assert kinds == {row[names.index("type")] for row in rows}


def test_the_contract_holds_the_custom_fields(project: Project) -> None:
    types = dict(project.rows(
        "select column_name, data_type from information_schema.columns "
        "where table_name = 'fct_weekly_active_tokens'"
    ))  # fmt: skip
    assert types["funkiness"] == types["funkiness_current"] == "BIGINT"
    assert types["surname_hash"] == types["state_current"] == "VARCHAR"
    assert types["revenue"] == "DOUBLE"


@pytest.mark.parametrize(("crm", "companies"), [("hubspot", 24), ("salesforce", 10)])
def test_one_crm_alone_builds_and_passes_its_tests(
    crm: str, companies: int, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    _deliver(Variant(crm), crm, project.data / "landing")
    _write_portal(project.data / "landing", with_crm=False)
    project.edit({"crm_sources": f"[{crm}]"})
    project.run("-m", "orchestration", "land")
    said = project.build("--exclude-resource-type", "unit_test")
    other = {"hubspot": "salesforce", "salesforce": "hubspot"}[crm]
    assert f"stg_{crm}__" in said
    assert f"stg_{other}__" not in said and "stg_crm__" not in said
    found = project.rows(
        "select source_relation, count(*) from marts.dim_companies where is_in_crm group by all"
    )
    assert found == [(crm, companies)]
