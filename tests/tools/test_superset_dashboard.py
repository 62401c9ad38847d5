"""The dashboard's files agree with each other and with the marts; a real Superset is tried by
make superset-check."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import yaml

from orchestration.settings import PROJECT
from tools.superset_check import DASHBOARD, PLACEHOLDER, declared, packed

DATASETS = {dataset["uuid"]: dataset for dataset in declared("datasets")}


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda each: each["table_name"])
def test_a_dataset_has_the_columns_of_its_mart(dataset: dict) -> None:
    (described,) = (PROJECT / "models" / "marts").rglob(f"{dataset['table_name']}.yml")
    (model,) = yaml.safe_load(described.read_text())["models"]
    expected = {column["name"]: column["data_type"] for column in model["columns"]}
    found = {column["column_name"]: column["type"].lower() for column in dataset["columns"]}
    names = {"string": "varchar"}
    assert found == {name: names.get(kind, kind) for name, kind in expected.items()}


@pytest.mark.parametrize("chart", declared("charts"), ids=lambda each: each["slice_name"])
def test_a_chart_names_what_its_dataset_has(chart: dict) -> None:
    dataset = DATASETS[chart["dataset_uuid"]]
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    params = chart["params"]
    asked = [params.get("metric"), *params.get("metrics", []), *params.get("metrics_b", [])]
    assert metrics.issuperset(filter(None, asked))
    shown = [params.get("x_axis"), *params.get("groupby", []), *params.get("all_columns", [])]
    assert columns.issuperset(filter(None, shown))
    assert any(filter(None, [*asked, *params.get("all_columns", [])]))


def test_the_dashboard_shows_every_chart_once() -> None:
    (dashboard,) = declared("dashboards")
    places = dashboard["position"].values()
    shown = [p["meta"]["uuid"] for p in places if isinstance(p, dict) and p.get("type") == "CHART"]
    assert sorted(shown) == sorted(chart["uuid"] for chart in declared("charts"))


def test_the_packed_dashboard_names_the_database_and_keeps_no_placeholder() -> None:
    archive = zipfile.ZipFile(io.BytesIO(packed(Path("/srv/published/north_star.duckdb"))))
    assert len(archive.namelist()) == len(list(DASHBOARD.rglob("*.yaml")))
    settings = yaml.safe_load(archive.read("north_star/databases/north_star.yaml"))
    assert settings["sqlalchemy_uri"] == (
        "duckdb:////srv/published/north_star.duckdb?access_mode=READ_ONLY"
    )
    assert settings["allow_dml"] is False
    assert not any(f"/{PLACEHOLDER}?" in archive.read(n).decode() for n in archive.namelist())
