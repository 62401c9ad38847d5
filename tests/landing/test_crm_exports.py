"""A CRM as its loaders export it: every name a loader gives, every portal, every added field."""

from __future__ import annotations

import json
import shutil
from datetime import datetime

import duckdb
import pytest
import yaml

from orchestration.landing import landing, withdraw
from orchestration.landing.contract import read_contract
from orchestration.landing.landing import LandingResult
from orchestration.settings import PROJECT
from tests.landing.ground import Ground

SHARED_DATA = PROJECT.parent / "shared" / "data"
ENDINGS = ("jsonl", "csv", "parquet")
PERSON = '{"id":"1","email":"jane@shop.example"}\n'


def _lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _packed(ground: Ground, folder: str, ending: str, *rows: dict) -> None:
    """A file of rows, every value a text, in landing/<folder>/."""
    file = ground.drop(f"{folder}/a.{ending}", _lines(*rows))
    if ending != "jsonl":
        source = file.with_name("_source.jsonl")
        file.rename(source)
        types = ", ".join(f"'{name}': 'varchar'" for name in rows[0])
        duckdb.sql(f"copy (from read_json('{source}', columns = {{{types}}})) to '{file}'")
        source.unlink()


def _with_fields(ground: Ground, monkeypatch: pytest.MonkeyPatch, *fields: tuple[str, str]) -> None:
    """Lets the project name custom fields, each a name and a type."""
    project = ground.data.root / "project"
    shutil.copytree(PROJECT / "models" / "staging", project / "models" / "staging")
    listed = [
        {"name": name, "alias": f"a{number}", "type": data_type}
        for number, (name, data_type) in enumerate(fields)
    ]
    content = yaml.safe_dump({"vars": {"crm_custom_fields": listed}})
    (project / "dbt_project.yml").write_text(content)
    monkeypatch.setattr(landing, "read_contract", lambda: read_contract(project))


def _all_landed(result: LandingResult, rows: int) -> None:
    assert (result.rows_landed, result.rows_rejected) == (rows, 0), result.warnings


# -- Names -----------------------------------------------------------------------------------------

HUBSPOT_NAMES = {
    "fivetran": ("hubspot/contact", "property_%s", "is_deleted", "_fivetran_synced"),
    "dlt": ("hubspot/contacts", "%s", "archived", "_airbyte_extracted_at"),
    "airbyte": ("hubspot/contacts_archived", "properties_%s", "archived", "_airbyte_extracted_at"),
}


@pytest.mark.parametrize("loader", HUBSPOT_NAMES)
def test_a_contact_of_hubspot_is_the_same_whichever_loader_brings_it(ground, loader):
    folder, named, archived, synced = HUBSPOT_NAMES[loader]
    row = {
        named % "email": "jane@shop.example",
        named % "hs_additional_emails": "j@shop.example;jane@old.example",
        named % "associatedcompanyid": "70",
        named % "lifecyclestage": "customer",
        named % "createdate": "2026-03-01T10:00:00.123Z",
        named % "lastmodifieddate": "2026-03-02 1:00:00",
        archived: "false",
        synced: "2026-03-03 10:00:00+02",
    }
    for ending in ENDINGS:
        _packed(ground, folder, ending, row | {"id": ending})
    result = ground.land()
    _all_landed(result, 3)
    assert result.warnings == []
    assert ground.query(
        "select contact_id, email, additional_emails, company_id, lifecycle_stage, is_deleted, "
        "created_at, updated_at, synced_at, _source_relation from hubspot.contact order by 1"
    ) == [
        (
            ending,
            "jane@shop.example",
            "j@shop.example;jane@old.example",
            "70",
            "customer",
            False,
            datetime(2026, 3, 1, 10, 0, 0, 123000),
            datetime(2026, 3, 2, 1),
            datetime(2026, 3, 3, 8),
            "hubspot",
        )
        for ending in sorted(ENDINGS)
    ]


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("contact", ["id", "account_id", "email", "is_deleted", "last_modified_date"]),
        ("contact_history", ["id", "account_id", "email", "is_deleted", "_fivetran_start"]),
        ("Contact", ["Id", "AccountId", "Email", "IsDeleted", "SystemModstamp"]),
    ],
)
def test_a_contact_of_salesforce_is_the_same_in_either_spelling(ground, folder, names):
    for ending in ENDINGS:
        values = [ending, "001A", "jane@shop.example", "true", "2026-03-01T10:00:00.000+0000"]
        row = dict(zip(names, values, strict=True))
        _packed(ground, f"salesforce/{folder}", ending, row)
    result = ground.land()
    _all_landed(result, 3)
    assert result.warnings == []
    assert ground.query(
        "select contact_id, account_id, email, is_deleted, updated_at, _source_relation "
        "from salesforce.contact order by 1"
    ) == [
        (ending, "001A", "jane@shop.example", True, datetime(2026, 3, 1, 10), "salesforce")
        for ending in sorted(ENDINGS)
    ]


def test_the_first_name_that_has_a_value_counts(ground):
    ground.drop(
        "hubspot/contact/a.jsonl",
        _lines(
            {"id": 1, "property_email": "a@f.example", "email": "a@d.example"},
            {"id": 2, "email": "b@d.example", "properties_email": "b@a.example"},
            {"id": 3, "property_email": None, "email": " ", "properties_email": "c@a.example"},
            {"id": 4},
        ),
    )
    _all_landed(ground.land(), 4)
    assert ground.query("select email from hubspot.contact order by contact_id") == [
        ("a@f.example",),
        ("b@d.example",),
        ("c@a.example",),
        (None,),
    ]


def test_the_first_typed_column_of_a_parquet_file_that_has_a_value_counts(ground):
    file = ground.data.landing / "hubspot" / "company" / "a.parquet"
    file.parent.mkdir(parents=True)
    duckdb.sql(
        "copy (from (values "
        "(1, 10::bigint, '11', timestamp '2026-03-01', timestamptz '2026-03-02 00:00:00+00'), "
        "(2, null, '12', null, timestamptz '2026-03-02 02:00:00+02'), (3, null, null, null, null)"
        ") as t (id, property_numberofemployees, numberofemployees, property_createdate, "
        f"\"createdAt\")) to '{file}'"
    )
    _all_landed(ground.land(), 3)
    columns = "company_id, employee_count, created_at"
    assert ground.query(f"select {columns} from hubspot.company order by 1") == [
        ("1", 10, datetime(2026, 3, 1)),
        ("2", 12, datetime(2026, 3, 2)),
        ("3", None, None),
    ]


def test_a_value_that_cannot_be_read_is_a_reject_under_each_name(ground):
    names = ["property_createdate", "createdate", "properties_createdate", "createdAt"]
    rows = [{"id": number, name: f"soon {number}"} for number, name in enumerate(names)]
    ground.drop("hubspot/contact/a.jsonl", _lines(*rows, {"id": 9}))
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (1, 4)
    assert ground.query("select split_part(reason, ' is', 1) from rejects order by 1") == [
        (f"created_at: 'soon {number}'",) for number in range(4)
    ]


def test_a_value_that_cannot_be_read_is_not_covered_up_by_the_next_name(ground):
    for ending, content in {
        "jsonl": _lines({"id": 1, "property_createdate": "soon", "createdAt": "2026-03-01"}),
        "csv": "id,property_createdate,createdAt\n2,soon,2026-03-01\n",
    }.items():
        ground.drop(f"hubspot/contact/a.{ending}", content)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (0, 2)
    assert ground.query("select distinct split_part(reason, ' is', 1) from rejects") == [
        ("created_at: 'soon'",)
    ]


def test_a_required_value_may_stand_under_any_of_its_names(ground):
    change = {"name": "email", "value": "x", "timestamp": "2026-03-01"}
    ids = [{"contact_id": 1}, {"object_id": 2}, {"vid": 3}, {"id": 4}]
    rows = [name | change for name in ids]
    ground.drop("hubspot/contacts_property_history/a.jsonl", _lines(*rows))
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (3, 1)
    assert ground.value("select reason from rejects") == "contact_id is missing"
    assert ground.query("select contact_id from contact_property_history order by 1") == [
        ("1",),
        ("2",),
        ("3",),
    ]


def test_keys_that_differ_by_case_only_are_told_apart(ground):
    rows = [
        {"Id": "a", "id": "b", "Email": "upper@x.example"},
        {"id": "c", "AccountId": "upper", "account_id": "lower"},
        {"Id": "d", "email": "lower@x.example", "Email": "upper@x.example"},
        {"ID": "e"},
        {"Id": "f", "Extra": 1},
    ]
    ground.drop("salesforce/Contact/a.jsonl", _lines(*rows) + "oops\n")
    result = ground.land()
    assert ground.query(
        "select contact_id, account_id, email, _row_number from salesforce.contact order by 1"
    ) == [
        ("b", None, "upper@x.example", 1),
        ("c", "lower", None, 2),
        ("d", None, "lower@x.example", 3),
        ("f", None, None, 5),
    ]
    assert ground.query("select row_number, reason from rejects order by 1") == [
        (4, "contact_id is missing"),
        (6, "the line is not a JSON object"),
    ]
    assert "columns that the contract does not know are left out: Extra, ID." in result.warnings[0]


def test_every_folder_of_a_table_is_read(ground):
    expected = 0
    for table in read_contract().tables:
        if table.label in ("hubspot.company", "salesforce.account"):
            for folder in table.folders:
                expected += 1
                ground.drop(f"{folder}/deeper/a.jsonl", _lines({"id": folder}))
    _all_landed(ground.land(), expected)
    assert expected == 6
    assert ground.query("select company_id from company union from (select account_id from "
                        "account) order by 1") == [
        ("hubspot/companies",),
        ("hubspot/companies_archived",),
        ("hubspot/company",),
        ("salesforce/Account",),
        ("salesforce/account",),
        ("salesforce/account_history",),
    ]  # fmt: skip


# -- Portals ---------------------------------------------------------------------------------------


def test_a_second_portal_is_a_folder_of_its_own(ground):
    for portal in ("hubspot", "hubspot_emea", "hubspot_emea_2", "hubspot_salesforce"):
        ground.drop(f"{portal}/contacts/a.jsonl", _lines({"id": portal}))
    ground.drop("salesforce_emea/Lead/a.jsonl", _lines({"Id": 1}))
    ground.drop("crm_old/contacts/a.jsonl", '{"contact_id":"c","email":"a@b.example"}\n')
    ground.drop("crm/companies/a.jsonl", '{"company_id":"c","name":"Shop"}\n')
    result = ground.land()
    _all_landed(result, 7)
    assert result.warnings == []
    contacts = ground.query("select contact_id, _source_relation from hubspot.contact")
    assert len(contacts) == 4
    assert all(contact == portal for contact, portal in contacts)
    assert ground.query("select _source_relation from lead") == [("salesforce_emea",)]
    assert ground.query("select _source_relation from crm.contacts") == [("crm_old",)]
    assert ground.query("select _source_relation from crm.companies") == [("crm",)]


def test_two_portals_that_say_the_same_are_both_heard(ground):
    ground.drop("hubspot/contact/a.jsonl", PERSON)
    ground.drop("hubspot_emea/contact/a.jsonl", PERSON)
    ground.land()
    ground.drop("hubspot_apac/contact/a.jsonl", PERSON)
    _all_landed(ground.land(), 1)
    query = "select _source_relation from hubspot.contact order by 1"
    assert ground.query(query) == [("hubspot",), ("hubspot_apac",), ("hubspot_emea",)]
    assert ground.value("select count(distinct _file_hash) from hubspot.contact") == 3
    assert ground.value("select count(distinct file_hash) from files") == 3
    assert ground.query(
        "select _source_relation, path from hubspot.contact inner join files "
        "on _file_hash = file_hash where not starts_with(path, _source_relation || '/')"
    ) == []  # fmt: skip


@pytest.mark.parametrize("portal", ["hubspot", "hubspot_emea"])
def test_a_file_that_grew_is_noticed_in_every_portal(ground, portal):
    ground.drop(f"{portal}/contact/a.jsonl", PERSON)
    ground.land()
    ground.drop(f"{portal}/contact/a.jsonl", PERSON + _lines({"id": 2}))
    (warning,) = ground.land().warnings
    assert warning.startswith(f"Grown since it was landed: {portal}/contact/a.jsonl.")


@pytest.mark.parametrize("portal", ["hubspot", "hubspot_emea"])
def test_what_a_portal_says_twice_changes_nothing(ground, portal):
    ground.drop(f"{portal}/contact/a.jsonl", PERSON)
    ground.drop(f"{portal}/contacts/b.jsonl", PERSON)
    _all_landed(ground.land(), 1)
    before = ground.content()
    ground.drop(f"{portal}/contact/c.jsonl", PERSON)
    ground.drop(f"{portal}/contacts_archived/d.jsonl", PERSON)
    result = ground.land()
    assert (result.batch_ids, result.warnings) == ([], [])
    assert ground.content() == before


def test_a_folder_that_is_no_portal_is_reported(ground):
    ground.drop("hubspot/contact/a.jsonl", PERSON)
    folders = [
        "HubSpot",
        "hubspot-emea",
        "hubspot_",
        "hubspot_EMEA",
        "hubspot__emea",
        "hubspotx",
        "my_hubspot",
    ]
    for folder in folders:
        ground.drop(f"{folder}/contact/b.jsonl", _lines({"id": folder}))
    result = ground.land()
    _all_landed(result, 1)
    assert result.warnings == [f"No table reads {'/, '.join(folders)}/ in {ground.data.landing}."]


def test_a_second_one_of_what_there_is_one_of_is_reported(ground):
    ground.drop("hubspot/contact/a.jsonl", PERSON)
    ground.drop("api_gateway_emea/api_requests/b.jsonl", "{}")
    ground.drop("cloudtrail_emea/b.json", "{}")
    ground.drop("hubspot_emea/kontakt/b.jsonl", "{}")
    (warning,) = ground.land().warnings
    assert "No table reads api_gateway_emea/, cloudtrail_emea/, hubspot_emea/kontakt/ " in warning


def test_a_file_where_the_folder_of_a_portal_or_table_should_be_is_reported(ground):
    ground.drop("hubspot/contact/a.jsonl", PERSON)
    ground.drop("hubspot_emea/contact", PERSON)
    ground.drop("salesforce_emea", PERSON)
    (warning,) = ground.land().warnings
    assert "hubspot_emea/contact (a folder should be there)" in warning
    assert "salesforce_emea (a folder should be there)" in warning


# -- Added fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_field_that_a_program_added_is_a_typed_column(ground, monkeypatch, ending):
    fields = {
        "property_hs_all-funky-a9384-syntax": ("bigint", "23", 23),
        "property_tier": ("string", "gold", "gold"),
        "property_score": ("double", "0.5", 0.5),
        "Is Partner": ("boolean", "yes", True),
    }
    listed = [(f"hubspot.company.{name}", field[0]) for name, field in fields.items()]
    _with_fields(ground, monkeypatch, *listed)
    row = {"id": "1"} | {name: given for name, (_, given, _) in fields.items()}
    _packed(ground, "hubspot_emea/companies", ending, row, {"id": "2"})
    ground.drop("hubspot/contact/a.jsonl", _lines({"id": 3, "property_tier": "x"}))
    result = ground.land()
    _all_landed(result, 3)
    quoted = ", ".join(f'"{name}"' for name in fields)
    assert ground.query(f"select {quoted} from hubspot.company order by company_id") == [
        tuple(landed for _, _, landed in fields.values()),
        (None,) * len(fields),
    ]
    types = dict(ground.query("select column_name, column_type from (describe hubspot.company)"))
    assert [types[name] for name in fields] == ["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN"]
    # It was added to companies.
    (warning,) = result.warnings
    assert warning.startswith("hubspot.contact: columns that the contract does not know")


def test_an_added_field_of_another_type_is_a_reject(ground, monkeypatch):
    types = ("bigint", "double", "boolean")
    _with_fields(ground, monkeypatch, *((f"hubspot.company.my-{kind}", kind) for kind in types))
    rows = [{"id": number, f"my-{kind}": "2.5x"} for number, kind in enumerate(types)]
    ground.drop("hubspot/company/a.jsonl", _lines(*rows, {"id": 9}))
    ground.land()
    assert ground.query("select reason from rejects order by row_number") == [
        ("my-bigint: '2.5x' is not a whole number",),
        ("my-double: '2.5x' is not a number",),
        ("my-boolean: '2.5x' is not true or false",),
    ]
    assert ground.query("select company_id from company") == [("9",)]


def test_a_field_added_later_is_empty_in_what_was_landed_before(ground, monkeypatch):
    row = {"id": 1, "property_tier": "gold"}
    ground.drop("hubspot/company/a.jsonl", _lines(row))
    assert "left out: property_tier" in ground.land().warnings[0]
    _with_fields(ground, monkeypatch, ("hubspot.company.property_tier", "string"))
    ground.drop("hubspot/company/b.jsonl", _lines(row | {"id": 2}))
    assert ground.land().warnings == [
        "hubspot.company: property_tier will be empty in 1 files, which were landed before it was "
        "asked for; to have them read anew: make withdraw FILE='hubspot/company/*', then make run."
    ]
    query = "select company_id, property_tier from company order by 1"
    assert ground.query(query) == [("1", None), ("2", "gold")]
    withdraw(ground.data, ["hubspot/company/*"])
    assert ground.land().warnings == []
    assert ground.query(query) == [("1", "gold"), ("2", "gold")]


# -- Times -----------------------------------------------------------------------------------------


def test_an_hour_may_have_one_digit(ground):
    times = {
        "2020-12-30 3:15:52": "2020-12-30 03:15:52",
        "2020-12-30T3:15:52Z": "2020-12-30 03:15:52",
        "2020-12-30 3:15:52.123": "2020-12-30 03:15:52.123",
        "2020-12-30 3:15:52+02:00": "2020-12-30 01:15:52",
        "2020-12-30 13:15:52": "2020-12-30 13:15:52",
    }
    rows = "".join(f"{number},{given}\n" for number, given in enumerate(times))
    ground.drop("hubspot/company/a.csv", f"id,_fivetran_synced\n{rows}")
    _all_landed(ground.land(), len(times))
    assert ground.query("select synced_at from company order by company_id") == [
        (datetime.fromisoformat(utc),) for utc in times.values()
    ]


def test_other_parts_of_a_time_may_not(ground):
    times = ["2020-12-30 3:5:52", "2020-12-30 3", "2020-12-30 3:15:52 PM", "2020-12-3 3:15:52"]
    rows = "".join(f"{number},{given}\n" for number, given in enumerate(times))
    ground.drop("hubspot/company/a.csv", f"id,_fivetran_synced\n{rows}")
    assert ground.land().rows_rejected == len(times)
    assert ground.query("select reason from rejects order by row_number") == [
        (f"synced_at: '{given}' is not a time (ISO 8601, or epoch milliseconds)",)
        for given in times
    ]


# -- Real exports ----------------------------------------------------------------------------------


@pytest.mark.parametrize("export", ["hubspot", "salesforce"])
def test_a_real_export_lands_whole(ground, monkeypatch, export):
    files = SHARED_DATA / f"{export}_export"
    if not files.is_dir():
        pytest.skip(f"shared/data/{export}_export is not beside this project")
    _with_fields(
        ground, monkeypatch, ("hubspot.company.property_hs_all-funky-a9384-syntax", "bigint")
    )
    folders = {folder for table in read_contract().tables for folder in table.folders}
    rows = {}
    for file in sorted(files.glob("*_data.csv")):
        name = file.name.removeprefix("sf_").removesuffix("_data.csv")
        # Deals are no contacts and no companies: nobody reads them.
        if f"{export}/{name}" in folders:
            ground.drop(f"{export}/{name}/{file.name}", file.read_bytes())
            rows[name] = duckdb.sql(f"from read_csv('{file}', all_varchar = true)").shape[0]
    assert len(rows) == 5
    result = ground.land()
    _all_landed(result, sum(rows.values()))
    landed = {
        path.split("/")[1]: number
        for path, number in ground.query("select path, rows_landed from files")
    }
    assert landed == rows
    if export == "hubspot":
        query = 'select "property_hs_all-funky-a9384-syntax", synced_at from company'
        assert (23, datetime(2020, 12, 30, 3, 15, 52)) in ground.query(query)
        assert ground.value("select count(email) from hubspot.contact") == rows["contact"]
        merged = "select merged_contact_ids from hubspot.contact where contact_id = '78971951'"
        assert ground.value(merged) == "76340251;46897301;76226001"
        history = "select count(distinct contact_id) > 1 from contact_property_history"
        assert ground.value(history)
    else:
        assert "Eric's Test" in {name for (name,) in ground.query("select name from account")}
        assert "hi@google.com" in {
            email for (email,) in ground.query("select email from salesforce.contact")
        }
    assert ground.land().batch_ids == []
