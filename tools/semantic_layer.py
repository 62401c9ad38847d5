"""The metrics of models/semantic/, asked of what is published: MetricFlow on a read-only database.

MetricFlow's own command wants a dbt profile, and asks the internet for a newer version of itself
each time. Its engine wants neither: the manifest that dbt wrote of the published build says what
the metrics are, and a database in memory shows the published tables under the names that they had
in the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
from metricflow.data_table.mf_table import MetricFlowDataTable
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import (
    PydanticSemanticManifest,
)
from metricflow_semantics.model.dbt_manifest_parser import transform_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from orchestration.manifest import marts, read_manifest
from orchestration.publishing.current import current_publication
from orchestration.publishing.marts import published_name
from orchestration.settings import DUCKDB, DataFolder

Manifest = Mapping[str, Any]
_ALIAS = "what_is_published"


class SemanticLayerError(Exception):
    """A question cannot be asked; the message is one sentence for the person who asked it."""


@dataclass(frozen=True)
class Question:
    """What `mf query` takes, in its terms.

    Attributes:
        metrics: their names.
        group_by: such as ``metric_time`` or ``token_week__channel``.
        where: conditions, such as ``{{ Dimension('token_week__channel') }} = 'Direct'``.
        order_by: names of metrics and groups, with ``-`` in front for the greatest first.
        limit: of rows; without it, all.
        saved_query: the name of one, which brings metrics, groups and conditions.
    """

    metrics: Sequence[str] = ()
    group_by: Sequence[str] = ()
    where: Sequence[str] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    saved_query: str | None = None


@dataclass(frozen=True)
class Answer:
    """Rows with the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class SemanticLayer:
    """Metrics over one database.

    Attributes:
        manifest: what dbt wrote of the project when it built the database.
    """

    def __init__(self, manifest: Manifest, connection: duckdb.DuckDBPyConnection) -> None:
        """Args: the manifest, and a connection on which its relation names mean the tables."""
        self.manifest = manifest
        self._connection = connection
        semantic = transform_dbt_generated_manifest(
            PydanticSemanticManifest.parse_obj(_semantic_manifest(manifest))
        )
        self._engine = MetricFlowEngine(
            semantic_manifest_lookup=SemanticManifestLookup(semantic),
            sql_client=_Client(connection),
        )

    @classmethod
    def of_publication(cls, data: DataFolder) -> SemanticLayer:
        """The metrics of what is published now; a later publication does not change them.

        Raises:
            SemanticLayerError: nothing is published on DuckDB, or by a version without metrics.
        """
        published = current_publication(data)
        if data.target != DUCKDB or published is None:
            raise SemanticLayerError(
                "There are no metrics to ask for: nothing is published on DuckDB in "
                f"{data.root}; `make run` builds and publishes."
            )
        manifest = read_manifest(published.folder / "dbt" / "manifest.json")
        if not manifest["metrics"]:
            raise SemanticLayerError(
                "What is published was built before there were metrics; `make run` builds it anew."
            )
        return cls(manifest, _connect(manifest, published.database))

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The metrics as dbt knows them, by name."""
        return {metric["name"]: metric for metric in self.manifest["metrics"].values()}

    def dimensions(self, *metrics: str) -> list[str]:
        """What all of these metrics can be grouped by."""
        found = self._engine.simple_dimensions_for_metrics(list(metrics))
        return sorted({dimension.granularity_free_dunder_name for dimension in found})

    def ask(self, question: Question) -> Answer:
        """The answer to a question.

        Raises:
            SemanticLayerError: MetricFlow knows no such metric or group, or refuses the question.
        """
        table = self._run("query", question).result_df
        return Answer(tuple(table.column_names), tuple(table.rows))

    def sql(self, question: Question) -> str:
        """The SQL that would be asked.

        Raises:
            SemanticLayerError: as ``ask`` does.
        """
        return self._run("explain", question).sql_statement.without_descriptions.sql

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def _refuse_unknown(self, question: Question) -> None:
        saved = {query["name"] for query in self.manifest["saved_queries"].values()}
        asked = [("metric", name, self.metrics.keys()) for name in question.metrics]
        if question.saved_query:
            asked.append(("saved query", question.saved_query, saved))
        for kind, name, known in asked:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = (
                    f"did you mean {close[0]}?"
                    if close
                    else "without --metrics, --list lists those there are."
                )
                raise SemanticLayerError(f"There is no {kind} {name}: {hint}")

    def _run(self, what: str, question: Question) -> Any:
        self._refuse_unknown(question)
        try:
            request = MetricFlowQueryRequest.create(
                saved_query_name=question.saved_query,
                metric_names=list(question.metrics) or None,
                group_by_names=list(question.group_by) or None,
                where_constraints=list(question.where) or None,
                order_by_names=list(question.order_by) or None,
                limit=question.limit,
            )
            return getattr(self._engine, what)(request)
        # MetricFlow raises what it likes; each says in its text what it cannot resolve.
        except Exception as error:
            raise SemanticLayerError(f"This cannot be answered: {str(error).strip()}") from error


@dataclass
class _Client:
    """MetricFlow's SqlClient on a connection of DuckDB's."""

    connection: duckdb.DuckDBPyConnection
    sql_engine_type: SqlEngine = SqlEngine.DUCKDB
    sql_plan_renderer: DuckDbSqlPlanRenderer = field(default_factory=DuckDbSqlPlanRenderer)

    def query(self, stmt: str, sql_bind_parameter_set: Any = None) -> MetricFlowDataTable:
        """The rows of a statement. Statements from MetricFlow's engine bind no parameters."""
        found = self.connection.execute(stmt)
        names = [column[0] for column in found.description]
        return MetricFlowDataTable.create_from_rows(column_names=names, rows=found.fetchall())

    def execute(self, stmt: str, sql_bind_parameter_set: Any = None) -> None:
        """Run a statement."""
        self.connection.execute(stmt)

    def dry_run(self, stmt: str, sql_bind_parameter_set: Any = None) -> None:
        """Let DuckDB plan a statement."""
        self.connection.execute(f"explain {stmt}")

    def close(self) -> None:
        """Let go of the database."""
        self.connection.close()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        """A parameter as DuckDB writes it."""
        return f"${bind_parameter_key}"


def _semantic_manifest(manifest: Manifest) -> dict[str, Any]:
    """What dbt writes into semantic_manifest.json, taken from its manifest.json."""
    spines = [node for node in manifest["nodes"].values() if node.get("time_spine")]
    return {
        "semantic_models": list(manifest["semantic_models"].values()),
        "metrics": list(manifest["metrics"].values()),
        "saved_queries": list(manifest["saved_queries"].values()),
        "project_configuration": {
            "time_spine_table_configurations": [],
            "time_spines": [_time_spine(node) for node in spines],
        },
    }


def _time_spine(node: Mapping[str, Any]) -> dict[str, Any]:
    column = node["time_spine"]["standard_granularity_column"]
    return {
        "node_relation": {
            "alias": node["alias"],
            "schema_name": node["schema"],
            "database": node["database"],
            "relation_name": node["relation_name"],
        },
        "primary_column": {
            "name": column,
            "time_granularity": node["columns"][column]["granularity"],
        },
    }


def _connect(manifest: Manifest, published: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with the names of the build and the tables of the publication."""
    tables = marts(manifest)
    semantic = [node for node in manifest["nodes"].values() if _is_semantic(node)]
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(
        f"attach '{str(published).replace(chr(39), chr(39) * 2)}' as {_ALIAS} (read_only)"
    )
    for database in sorted({node["database"] for node in tables + semantic}):
        connection.execute(f"attach ':memory:' as \"{database}\"")
    for database, schema in sorted({(n["database"], n["schema"]) for n in tables + semantic}):
        connection.execute(f'create schema "{database}"."{schema}"')
    for node in tables:
        table = f'{_ALIAS}.main."{published_name(node)}"'
        connection.execute(f"create view {node['relation_name']} as select * from {table}")
    for node in semantic:
        connection.execute(f"create view {node['relation_name']} as {node['compiled_code']}")
    return connection


def _is_semantic(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["fqn"][1] == "semantic"
