"""Worlds with metrics: the simulated program, built by dbt and laid out as a publication."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.manifest import marts
from orchestration.publishing.copying import DATABASE
from orchestration.publishing.current import write_record
from orchestration.publishing.marts import published_name
from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.worlds.conftest import World
from tools.semantic_layer import SemanticLayer

DEVELOPERS = 300
SETTINGS: dict[str, dict[str, Any]] = {
    "weeks of Monday in UTC": {},
    "weeks of Sunday in New York": {
        "week_start_day": "sunday",
        "reporting_timezone": "America/New_York",
    },
}


@dataclass(frozen=True)
class MeasuredWorld:
    """A world and its metrics.

    Attributes:
        world: the models as dbt has built them.
        data: its folder, with the same marts as a publication.
        layer: the metrics of that publication.
        settings: the vars it was built with.
    """

    world: World
    data: DataFolder
    layer: SemanticLayer
    settings: dict[str, Any]


@pytest.fixture(scope="session", params=SETTINGS)
def measured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MeasuredWorld]:
    """One world for each way to cut time into weeks; it has an outage and an open week."""
    settings = SETTINGS[request.param]
    data = DataFolder(tmp_path_factory.mktemp("measured"))
    simulate(data.landing, developers=DEVELOPERS, seed=7)
    workshop = tmp_path_factory.mktemp("workshop")
    world = World(data, workshop)
    world.build(
        *("--vars", json.dumps(settings)),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
    )
    _lay_out(data, workshop / "target" / "manifest.json")
    layer = SemanticLayer.of_publication(data)
    yield MeasuredWorld(world, data, layer, settings)
    layer.close()


def _lay_out(data: DataFolder, manifest: Path) -> None:
    """A publication of what dbt has built, without the audit, whose tests were left out."""
    folder = data.publications / "a-run"
    (folder / "dbt").mkdir(parents=True)
    (folder / "dbt" / "manifest.json").write_bytes(manifest.read_bytes())
    with duckdb.connect(folder / DATABASE) as database:
        database.execute(f"attach '{data.dev / 'dev.duckdb'}' as built (read_only)")
        for node in marts(json.loads(manifest.read_bytes())):
            name = published_name(node)
            database.execute(f"create table {name} as from built.{node['schema']}.{node['alias']}")
        database.execute("""
            create table publication as
            select 'a-run' as run_id, now()::timestamp as published_at, true as is_sample,
                watermark_at as watermark
            from built.intermediate.int_watermark
        """)
        columns = ("run_id", "published_at", "is_sample", "watermark")
        row = database.execute("select * from publication").fetchone()
    publication = dict(zip(columns, (str(v) if v is not True else v for v in row), strict=True))
    write_record(folder, {"schema": None, "publication": publication, "latest_final_week": None})
    data.published.symlink_to(folder)
