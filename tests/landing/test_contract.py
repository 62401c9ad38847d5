"""The sources' yml is the contract; a mistake in it is one sentence that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.landing import LandingError
from orchestration.landing.contract import LEDGER, read_contract

YML = """
sources:
  - name: shop
    config: {meta: {external_location: "read_parquet('*/shop/{name}/*.parquet')"}}
    tables:
      - name: orders
        config: {meta: {landing: {%s}}}
        columns:
          - {name: ordered_at, data_type: timestamp, config: {meta: {required: true}}}
          - {name: buyer, data_type: %s, config: {meta: {%s}}}
"""


def _project(folder: Path, landing: str = "", data_type: str = "varchar", meta: str = "") -> Path:
    file = folder / "models/staging/shop/_shop__sources.yml"
    file.parent.mkdir(parents=True)
    file.write_text(YML % (landing, data_type, meta))
    ledger = folder / "models/staging/landing/_landing__sources.yml"
    ledger.parent.mkdir(parents=True)
    real = Path(__file__).parents[2] / "models/staging/landing/_landing__sources.yml"
    ledger.write_text(real.read_text())
    return folder


def test_the_projects_own_contract_is_read():
    contract = read_contract()
    tables = {table.label: table for table in contract.tables}
    assert {"api_gateway.api_requests", "cloudtrail.events", "crm.companies"} <= set(tables)
    assert tables["api_gateway.api_requests"].folder == "api_gateway/api_requests"
    assert tables["cloudtrail.events"].folder == "cloudtrail"
    assert {"token", "client_ip", "replaces_token", "accessKeyId"} <= set(contract.secret_names)
    assert {table.name for table in contract.ledger} == set(LEDGER)


def test_a_contract_without_mistakes_is_read(tmp_path):
    project = _project(tmp_path, "folder: a/b, event_time: ordered_at", meta="hash_of: [x.y, z]")
    (table,) = read_contract(project).tables
    assert (table.folder, table.event_time) == ("a/b", "ordered_at")
    assert table.inputs == ("ordered_at", "buyer", "x.y", "z")


@pytest.mark.parametrize(
    ("landing", "data_type", "meta", "words"),
    [
        ("", "varchar", "requierd: true", "column buyer: unknown key requierd"),
        ("", "text", "", "column buyer: data_type text is none of"),
        ("", "bigint", "hash_of: x", "column buyer: only a varchar can be hashed"),
        ("", "varchar", "hash_of: x, from: y", "column buyer: .* exclude each other"),
        ("foldr: a", "varchar", "", "unknown key foldr"),
        ("event_time: buyer", "varchar", "", "event_time buyer is not one"),
    ],
)
def test_a_mistake_names_file_table_and_column(tmp_path, landing, data_type, meta, words):
    where = "models/staging/shop/_shop__sources.yml, table orders"
    with pytest.raises(LandingError, match=f"{where}.*{words}"):
        read_contract(_project(tmp_path, landing, data_type, meta))
