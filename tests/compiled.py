"""The project's models, compiled by dbt once per set of vars, run in memory as often as needed.

dbt takes longer to start than the models of a small world take to run, so it only compiles here.
What it would do around them (contracts, tests) is not what the tests that use this ask.

    python -m tests.compiled <file>     compiles the sets of vars in a JSON file
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from orchestration.landing.contract import read_contract
from orchestration.landing.raw import RawFolder
from orchestration.settings import PROJECT, DataFolder

Vars = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A seed or a model.

    Attributes:
        name: of the seed or model.
        relation: its quoted name in the database.
        query: what it holds.
        is_seed: whether it is a list of the project, the same in every world.
        is_view: whether dbt makes a view of it.
        is_check: whether it is a data test: it may hold no row.
        only_warns: whether it is one that blocks no publication.
        needs: names of the steps it reads.
    """

    name: str
    relation: str
    query: str
    is_seed: bool
    is_view: bool
    is_check: bool
    only_warns: bool
    needs: frozenset[str]

    def statement(self, *, as_table: bool = False) -> str:
        """SQL that makes or replaces it.

        Args:
            as_table: makes a table of a view, which pays where many steps read it.
        """
        kind = "view" if self.is_view and not as_table else "table"
        return f"create or replace {kind} {self.relation} as {self.query}"


@dataclass(frozen=True)
class Models:
    """Some models of the project and all they need.

    Attributes:
        database: name of the database that they are compiled for.
        schemas: quoted names of the schemas they lie in.
        steps: seeds and models, in the order of their dependencies.
        relations: quoted name of each model that was asked for.
    """

    database: str
    schemas: tuple[str, ...]
    steps: tuple[Step, ...]
    relations: dict[str, str]

    def connect(self, batches: Path, threads: int = 2) -> duckdb.DuckDBPyConnection:
        """An empty database in memory that finds raw/ where the models look for it.

        Args:
            batches: the folder of batches, raw/batches.
            threads: that DuckDB may use.
        """
        connection = duckdb.connect(config={"threads": threads})
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set file_search_path = '{batches}'")
        connection.execute(f"attach ':memory:' as \"{self.database}\"")
        for schema in self.schemas:
            connection.execute(f"create schema {schema}")
        return connection

    def rows(self, connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple]]:
        """The rows of each model that was asked for, in an order of their own."""
        return {
            name: connection.execute(f"select * from {relation} order by all").fetchall()
            for name, relation in self.relations.items()
        }


def compile_models(names: Collection[str] | None = None, variables: Vars | None = None) -> Models:
    """The models with these names, compiled with these vars; dbt is asked once per set of vars.

    Args:
        names: of models and of singular data tests; without it, all there are but those that only
            warn.
        variables: other values than the defaults of dbt_project.yml.

    Raises:
        KeyError: the project has no model of one of the names.
    """
    compile_ahead([variables or {}])
    steps = _COMPILED[_key(variables or {})]
    if names is None:
        names = [name for name, step in steps.items() if not step.only_warns]
    needed: dict[str, frozenset[str]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = steps[name].needs
            waiting += needed[name]
    ordered = tuple(steps[name] for name in TopologicalSorter(needed).static_order())
    # "database"."schema"."name"
    parts = [step.relation.split(".") for step in ordered if not step.is_check]
    return Models(
        database=parts[0][0].strip('"'),
        schemas=tuple(sorted({f"{database}.{schema}" for database, schema, _ in parts})),
        steps=ordered,
        relations={name: steps[name].relation for name in names if not steps[name].is_check},
    )


def compile_ahead(variants: Iterable[Vars]) -> None:
    """Compiles several sets of vars in one go: dbt starts and reads the project only once.

    What one process of a test run has compiled the others need not compile again.
    """
    missing = [variables for variables in variants if _key(variables) not in _COMPILED]
    if not missing:
        return
    # A folder that the processes of one test run share: tests/conftest.py names it.
    shared = os.environ.get("NORTH_STAR_COMPILED")
    if shared is None:
        with tempfile.TemporaryDirectory() as place:
            _keep(missing, _compile(missing, Path(place)))
        return
    Path(shared).mkdir(exist_ok=True)
    files = {
        _key(each): Path(shared, hashlib.sha256(_key(each).encode()).hexdigest())
        for each in missing
    }
    with FileLock(Path(shared, "lock")):
        new = [each for each in missing if not files[_key(each)].exists()]
        compiled = _compile(new, Path(shared, "workshop")) if new else ()
        for each, nodes in zip(new, compiled, strict=True):
            files[_key(each)].write_text(json.dumps(nodes))
    _keep(missing, [json.loads(files[_key(each)].read_text()) for each in missing])


def _keep(variants: Iterable[Vars], compiled: Iterable[list[dict[str, Any]]]) -> None:
    for variables, nodes in zip(variants, compiled, strict=True):
        _COMPILED[_key(variables)] = {node["name"]: _step(node) for node in nodes}


def _compile(variants: list[Vars], place: Path) -> list[list[dict[str, Any]]]:
    """The nodes of each set of vars, from a process of dbt's own.

    Args:
        variants: the sets of vars.
        place: a folder that keeps what dbt has read of the project, for the next time.
    """
    place.mkdir(exist_ok=True)
    # The same folder each time: dbt reads the project anew when an environment variable changes.
    data = Path(place, "data")
    exchanged = Path(place, "compiled.json")
    exchanged.write_text(json.dumps(variants))
    done = subprocess.run(
        [sys.executable, "-m", "tests.compiled", str(exchanged)],
        cwd=PROJECT,
        env={
            **os.environ,
            "NORTH_STAR_DATA": str(data if data.exists() else _no_files(data).root),
            "DBT_LOG_PATH": str(Path(place, "logs")),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return json.loads(exchanged.read_text())


_COMPILED: dict[str, dict[str, Step]] = {}
_STRUCTURAL = {"crm_sources", "crm_custom_fields"}


def _key(variables: Vars) -> str:
    return json.dumps(variables, sort_keys=True)


def _no_files(root: Path) -> DataFolder:
    """A data folder as after a landing that found no file: dbt looks at the raw tables' columns."""
    data = DataFolder(root)
    data.root.mkdir()
    raw = RawFolder(data.raw)
    raw.prepare()
    with duckdb.connect() as connection:
        raw.store_empty_batch(connection, read_contract())
    data.dev.mkdir()
    return data


def _step(node: dict[str, Any]) -> Step:
    is_seed = node["resource_type"] == "seed"
    return Step(
        name=node["name"],
        relation=node["relation_name"],
        query=_seed_query(node) if is_seed else node["compiled_code"],
        is_seed=is_seed,
        is_view=node["materialized"] == "view",
        is_check=node["resource_type"] == "test",
        only_warns=node["severity"] == "warn",
        needs=frozenset(node["needs"]),
    )


def _seed_query(node: dict[str, Any]) -> str:
    file = PROJECT / node["original_file_path"]
    header = file.read_text(encoding="utf-8").splitlines()[0].split(",")
    types = {name: node["column_types"].get(name, "varchar") for name in header}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return f"select * from read_csv('{file}', header = true, columns = {{{columns}}})"


# -- In the process of its own ---------------------------------------------------------------------


def _compile_with_dbt(variants: list[Vars], place: Path) -> list[list[dict[str, Any]]]:
    """The seeds, compiled models and singular tests, once for each set of vars.

    Args:
        variants: the sets of vars.
        place: keeps what dbt has read of each structure of the project.
    """
    from dbt.cli.main import dbtRunner

    manifests: dict[str, Any] = {}
    compiled = []
    for variables in variants:
        # No other var changes which models there are and what they read.
        structure = {name: variables[name] for name in _STRUCTURAL & variables.keys()}
        if _key(structure) not in manifests:
            target = place / f"target-{hashlib.sha256(_key(structure).encode()).hexdigest()[:8]}"
            # Read by dbt where no option says it: in the compilation below, too.
            os.environ["DBT_TARGET_PATH"] = str(target)
            parsed = dbtRunner().invoke(["--quiet", "parse", "--vars", json.dumps(structure)])
            if not parsed.success:
                raise SystemExit(f"dbt cannot read the project: {parsed.exception}")
            manifests[_key(structure)] = parsed.result
        manifest = manifests[_key(structure)]
        done = dbtRunner(manifest=manifest).invoke(
            [
                *("--quiet", "--no-write-json", "--no-populate-cache"),
                *("compile", "--vars", json.dumps(variables)),
                *("--select", "resource_type:model", "test_type:singular"),
                *("--exclude", "test_type:generic", "resource_type:unit_test"),
            ]
        )
        if not done.success:
            raise SystemExit(f"dbt cannot compile with {variables}: {done.exception}")
        nodes = [result.node for result in done.result.results]
        nodes += [node for node in manifest.nodes.values() if node.resource_type == "seed"]
        names = {node.unique_id: node.name for node in nodes}
        compiled.append([_described(node, names) for node in nodes])
    return compiled


def _described(node: Any, names: dict[str, str]) -> dict[str, Any]:
    is_seed = node.resource_type == "seed"
    above = [] if is_seed else node.depends_on.nodes
    return {
        "name": node.name,
        "relation_name": node.relation_name,
        "resource_type": str(node.resource_type),
        "materialized": node.config.materialized,
        "severity": str(node.config.get("severity", "")).lower(),
        "original_file_path": node.original_file_path,
        "column_types": node.config.column_types if is_seed else {},
        "compiled_code": None if is_seed else node.compiled_code,
        "needs": [names[unique_id] for unique_id in above if unique_id in names],
    }


if __name__ == "__main__":
    exchanged = Path(sys.argv[1])
    given = json.loads(exchanged.read_text())
    exchanged.write_text(json.dumps(_compile_with_dbt(given, exchanged.parent)))
