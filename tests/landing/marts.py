"""The marts of a landed folder in a second: the project's models, compiled once, run in memory.

dbt takes longer to start than the models of a small world take to run, so it only compiles here.
What it would do around them (contracts, tests) is not what the tests of landing ask.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing import land
from orchestration.settings import PROJECT, DataFolder
from tests.landing.ground import KEY

MARTS = (
    "fct_weekly_active_tokens",
    "fct_weekly_active_companies",
    "fct_time_to_first_hello_world",
    "fct_request_outcomes_weekly",
    "fct_north_star_weekly",
)


@dataclass(frozen=True)
class Models:
    """Statements that build the marts and all they need, in the order of their dependencies.

    Attributes:
        database: name of the database that the models are compiled for.
        statements: SQL that makes schemas, seeds and models.
        relations: quoted name of each mart.
    """

    database: str
    statements: tuple[str, ...]
    relations: dict[str, str]


@cache
def compile_models() -> Models:
    """Asks dbt for the SQL of the models; once per process."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "data")
        table = root / "landing" / "api_gateway" / "api_requests"
        table.mkdir(parents=True)
        (table / "a.jsonl").write_text('{"requested_at":"2026-03-01","status_code":200}\n')
        environment = {
            **os.environ,
            "NORTH_STAR_DATA": str(root),
            "NORTH_STAR_TOKEN_KEY": KEY,
            "DBT_TARGET_PATH": str(Path(place, "target")),
            "DBT_LOG_PATH": str(Path(place, "logs")),
        }
        # dbt looks at the columns of some relations while it compiles.
        land(DataFolder(root), progress=lambda line: None)
        dbt = str(Path(sys.executable).with_name("dbt"))
        done = subprocess.run(
            [dbt, "--quiet", "compile", "--select", *(f"+{name}" for name in MARTS)],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        manifest = json.loads(Path(place, "target", "manifest.json").read_text())
    nodes = manifest["nodes"]
    marts = {name: nodes[f"model.{manifest['metadata']['project_name']}.{name}"] for name in MARTS}
    needed: dict[str, list[str]] = {}
    waiting = [node["unique_id"] for node in marts.values()]
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in needed:
            needed[name] = [above for above in _above(nodes[name]) if above in nodes]
            waiting += needed[name]
    ordered = [nodes[name] for name in TopologicalSorter(needed).static_order()]
    schemas = sorted({f'"{node["database"]}"."{node["schema"]}"' for node in ordered})
    return Models(
        database=ordered[0]["database"],
        statements=(
            *(f"create schema if not exists {schema}" for schema in schemas),
            *(_statement(node) for node in ordered),
        ),
        relations={name: node["relation_name"] for name, node in marts.items()},
    )


def _above(node: dict[str, Any]) -> list[str]:
    return (node.get("depends_on") or {}).get("nodes") or []


def _statement(node: dict[str, Any]) -> str:
    relation = node["relation_name"]
    if node["resource_type"] == "seed":
        file = PROJECT / node["original_file_path"]
        header = file.read_text(encoding="utf-8").splitlines()[0].split(",")
        types = {name: node["config"]["column_types"].get(name, "varchar") for name in header}
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        query = f"select * from read_csv('{file}', header = true, columns = {{{columns}}})"
        return f"create table {relation} as {query}"
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    return f"create {kind} {relation} as {node['compiled_code']}"


def build_marts(data: DataFolder) -> dict[str, list[tuple]]:
    """The rows of each mart of a folder that was landed, in an order of their own."""
    models = compile_models()
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set file_search_path = '{data.raw / 'batches'}'")
        connection.execute(f"attach ':memory:' as \"{models.database}\"")
        for statement in models.statements:
            connection.execute(statement)
        return {
            name: connection.execute(f"select * from {relation} order by all").fetchall()
            for name, relation in models.relations.items()
        }
