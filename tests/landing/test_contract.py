"""The sources' yml is the contract; a mistake in it is one sentence that says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.landing import LandingError
from orchestration.landing.contract import LEDGER, read_contract
from orchestration.landing.custom_fields import read_custom_fields
from orchestration.settings import PROJECT

LOG = "event_time: ordered_at"
YML = """
sources:
  - name: shop
    config: {meta: {external_location: "read_parquet('*/shop/{name}/*.parquet')", %s}}
    tables:
      - name: orders
        config: {meta: {landing: {%s}}}
        columns:
          - {name: ordered_at, data_type: timestamp, config: {meta: {required: true}}}
          - {name: buyer, data_type: %s, config: {meta: {%s}}}
"""


def _project(
    folder: Path, landing: str = "", data_type: str = "varchar", meta: str = "", source: str = ""
) -> Path:
    file = folder / "models/staging/shop/_shop__sources.yml"
    file.parent.mkdir(parents=True)
    file.write_text(YML % (source, landing, data_type, meta))
    ledger = folder / "models/staging/landing/_landing__sources.yml"
    ledger.parent.mkdir(parents=True)
    real = Path(__file__).parents[2] / "models/staging/landing/_landing__sources.yml"
    ledger.write_text(real.read_text())
    return folder


def test_the_projects_own_contract_is_read():
    contract = read_contract()
    tables = {table.label: table for table in contract.tables}
    assert {"api_gateway.api_requests", "cloudtrail.events", "crm.companies"} <= set(tables)
    assert tables["api_gateway.api_requests"].folders == ("api_gateway/api_requests",)
    assert tables["cloudtrail.events"].folders == ("cloudtrail",)
    assert {"token", "client_ip", "replaces_token", "accessKeyId"} <= set(contract.secret_names)
    assert {table.name for table in contract.ledger} == set(LEDGER)


def test_a_contract_without_mistakes_is_read(tmp_path):
    project = _project(tmp_path, "folder: a/b, event_time: ordered_at", meta="hash_of: [x.y, z]")
    (table,) = read_contract(project).tables
    assert (table.folders, table.event_time) == (("a/b",), "ordered_at")
    assert table.inputs == ("ordered_at", "buyer", "x.y", "z")


def test_a_log_of_requests_says_what_its_repeats_are_known_by(tmp_path):
    project = _project(tmp_path, f"{LOG}, request_id: buyer, sorted_by: buyer")
    (table,) = read_contract(project).tables
    assert (table.is_request_log, table.request_id, table.status) == (True, "buyer", None)
    assert table.sorted_by == "buyer"


def test_a_log_without_ids_says_so(tmp_path):
    project = _project(tmp_path, f"{LOG}, request_id: null, status: buyer", data_type="integer")
    (table,) = read_contract(project).tables
    assert (table.is_request_log, table.request_id, table.status) == (True, None, "buyer")


def test_a_log_that_says_nothing_of_ids_is_none_of_requests(tmp_path):
    (table,) = read_contract(_project(tmp_path, LOG)).tables
    assert not table.is_request_log


def test_a_table_may_have_several_folders_and_a_column_several_inputs(tmp_path):
    project = _project(tmp_path, "folder: [a/b/, /c]", meta="from: [buyer, Buyer, who.name]")
    (table,) = read_contract(project).tables
    assert table.folders == ("a/b", "c")
    assert table.columns[1].given_as == ("buyer", "Buyer", "who.name")
    assert table.inputs == ("ordered_at", "buyer", "Buyer", "who.name")


def test_a_source_of_which_there_may_be_several_says_so(tmp_path):
    (table,) = read_contract(_project(tmp_path, source="landing: {relations: true}")).tables
    assert table.has_relations
    described = read_contract(tmp_path).raw_columns()
    assert described["shop/orders"]["_source_relation"] == "varchar"
    of_one = {table.source for table in read_contract().tables if not table.has_relations}
    assert of_one.isdisjoint({"crm", "hubspot", "salesforce"})
    assert "cloudtrail" in of_one


@pytest.mark.parametrize(
    ("landing", "data_type", "meta", "words"),
    [
        ("", "varchar", "requierd: true", "column buyer: unknown key requierd"),
        ("", "text", "", "column buyer: data_type text is none of"),
        ("", "bigint", "hash_of: x", "column buyer: only a varchar can be hashed"),
        ("", "varchar", "hash_of: x, from: y", "column buyer: .* exclude each other"),
        ("", "varchar", "hash_of: x, from: [y, z]", "column buyer: .* exclude each other"),
        ("foldr: a", "varchar", "", "unknown key foldr"),
        ("event_time: buyer", "varchar", "", "event_time buyer is not one"),
        ("request_id: buyer", "varchar", "", "request_id is for logs; say event_time"),
        (f"{LOG}, request_id: id", "varchar", "", "request_id id is not one of its columns"),
        (f"{LOG}, request_id: ordered_at", "varchar", "", "name a varchar column, or null"),
        (f"{LOG}, request_id: null, status: buyer", "varchar", "", "name a column of whole"),
        (f"{LOG}, status: buyer", "integer", "", "status is for logs of requests; say request_id"),
        (f"{LOG}, sorted_by: id", "varchar", "", "sorted_by id is not one of its columns"),
    ],
)
def test_a_mistake_names_file_table_and_column(tmp_path, landing, data_type, meta, words):
    where = "models/staging/shop/_shop__sources.yml, table orders"
    with pytest.raises(LandingError, match=f"{where}.*{words}"):
        read_contract(_project(tmp_path, landing, data_type, meta))


def test_an_unknown_key_of_a_source_is_a_mistake(tmp_path):
    with pytest.raises(LandingError, match="source shop: unknown key relation"):
        read_contract(_project(tmp_path, source="landing: {relation: true}"))


@pytest.mark.parametrize("folder", ["[a, b, a]", "[a, /a/]"])
def test_a_folder_is_read_once(tmp_path, folder):
    with pytest.raises(LandingError, match="both read landing/a/"):
        read_contract(_project(tmp_path, f"folder: {folder}"))


def test_a_custom_field_is_a_column_of_its_table_only(tmp_path):
    project = _project(tmp_path)
    (project / "dbt_project.yml").write_text(
        "vars:\n  crm_custom_fields:\n"
        "    - {name: shop.orders.my-tier, alias: tier, type: double}\n"
        "    - {name: shop.orders.buyer, alias: customer, type: string}\n"
    )
    (table,) = read_contract(project).tables
    added = {column.name: column.data_type for column in table.columns}
    # The buyer is there anyway.
    assert added == {"ordered_at": "timestamp", "buyer": "varchar", "my-tier": "double"}


@pytest.mark.parametrize("content", ["name: x", "vars:", "vars: {crm_custom_fields: []}"])
def test_without_custom_fields_there_are_none(tmp_path, content):
    assert read_custom_fields(tmp_path) == ()
    (tmp_path / "dbt_project.yml").write_text(content)
    assert read_custom_fields(tmp_path) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{name: shop.orders.x}", "is not a list of fields"),
        ("shop.orders.x", "is not a list of fields"),
        ("[shop.orders.x]", "'shop.orders.x' needs exactly name, alias and type"),
        ("[{name: shop.orders.x, type: string}]", "needs exactly name, alias and type"),
        ("[{name: shop.orders.x, alias: x, type: string, as: y}]", "needs exactly name, alias"),
        ("[{name: orders.x, alias: x, type: string}]", "'orders.x' is not source.table.field"),
        ("[{name: shop.orders., alias: x, type: string}]", "is not source.table.field"),
        ("[{name: sh-op.orders.x, alias: x, type: string}]", "is not source.table.field"),
        ("[{name: shop.orders.x, alias: x, type: varchar}]", "is 'varchar', which is none of"),
        ("[{name: shop.orders.x, alias: x, type: }]", "type of shop.orders.x is None"),
        ("[{name: shop.orders.x, alias: x, type: [string]}]", "type of shop.orders.x is .'string'"),
        ("[{name: shop.orders.x.y, alias: x, type: string}]", "is not source.table.field"),
        (
            "[{name: shop.baskets.x, alias: x, type: string}]",
            "is a field of no table; tables are sh",
        ),
        ("[{name: shop.orders.Buyer, alias: x, type: string}]", "shop.orders.Buyer cannot be tak"),
        ("[{name: shop.orders._file_hash, alias: x, type: string}]", "orders._file_hash cannot be"),
        (
            "[{name: shop.orders.x, alias: x, type: string}, "
            "{name: shop.orders.X, alias: y, type: string}]",
            "are one field with two types or spellings",
        ),
    ],
)
def test_a_wrong_custom_field_is_refused_in_one_sentence(tmp_path, given, words):
    project = _project(tmp_path)
    (project / "dbt_project.yml").write_text(f"vars: {{crm_custom_fields: {given}}}\n")
    with pytest.raises(LandingError, match=words) as refused:
        read_contract(project)
    said = str(refused.value)
    assert said.startswith("dbt_project.yml, var crm_custom_fields: ")
    assert "\n" not in said and said.endswith(".")


@pytest.mark.parametrize("source", ["hubspot", "salesforce"])
def test_the_matrix_in_the_docs_names_every_table_column_and_input_of_a_crm(source):
    text = (PROJECT / "docs" / "crm.md").read_text()
    _, heading, rest = text.partition(
        {"hubspot": "### HubSpot", "salesforce": "### Salesforce"}[source]
    )
    assert heading
    named = set(re.findall(r"`([^`]+)`", rest.partition("\n##")[0]))
    for table in read_contract().tables:
        if table.source == source:
            folders = {folder.partition("/")[2] for folder in table.folders}
            # Salesforce's spelling of Airbyte is described in a sentence.
            inputs = {name for name in table.inputs if source == "hubspot" or name.islower()}
            assert {table.name, *folders, *inputs} <= named, table.name
            assert {column.name for column in table.columns} <= named, table.name


def test_a_column_says_what_kind_of_name_it_holds(tmp_path):
    project = _project(tmp_path, meta="person: contact, name_ends_at: '/', personal: true")
    (table,) = read_contract(project).tables
    (buyer,) = table.naming
    assert (buyer.person, buyer.name_ends_at, buyer.is_personal) == ("contact", "/", True)


@pytest.mark.parametrize(
    ("data_type", "meta", "sentence"),
    [
        ("varchar", "person: true", "person is the kind of name that a varchar holds"),
        ("bigint", "person: contact", "person is the kind of name that a varchar holds"),
        ("varchar", "name_ends_at: ':'", "name_ends_at is for columns with person"),
        ("varchar", "personal: true", "column buyer: no column says whose it is"),
        ("varchar", "person: email, personal: {unless: [a]}", "personal is true, or"),
        ("varchar", "person: email, personal: {unless: {kind: [a]}}", "names the column kind"),
    ],
)
def test_a_mistake_about_people_is_one_sentence(tmp_path, data_type, meta, sentence):
    project = _project(tmp_path, data_type=data_type, meta=meta)
    with pytest.raises(LandingError, match=sentence):
        read_contract(project)
