"""What the catalogue says, read from dbt's manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.manifest import marts
from orchestration.publishing.marts import published_name
from orchestration.settings import PROJECT
from tools.semantic_layer import Question, SemanticLayer, SemanticLayerError

DEFINITIONS = PROJECT / "docs" / "definitions.md"
METRICS = PROJECT / "models" / "semantic" / "metrics.yml"
HERE = Path(__file__).parent
Node = Mapping[str, Any]

# From where data comes to where it is read.
_LAYERS = ("sources", "staging", "seeds", "intermediate", "marts", "semantic")


@dataclass(frozen=True)
class Reference:
    """A node of the lineage.

    Attributes:
        name: as people write it.
        page: of the catalogue, None where it has none.
        description: in one line.
    """

    name: str
    page: str | None
    description: str


@dataclass(frozen=True)
class Lineage:
    """Where something comes from, and who reads it.

    Attributes:
        upstream: the layers up to the sources, those without a node left out.
        direct: what it reads itself.
        metrics: computed from it.
        readers: tables and exposures that read it.
    """

    upstream: tuple[tuple[str, tuple[Reference, ...]], ...]
    direct: tuple[Reference, ...]
    metrics: tuple[Reference, ...] = ()
    readers: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Attributes:
        name: of the column.
        type: as the contract has it.
        description: what it is.
        additivity: whether it may be summed; None where it is no measure.
        tests: what is tested of it before a publication, in words.
        only_here: why it is no metric of the semantic layer; None where that is no question.
    """

    name: str
    type: str
    description: str
    additivity: str | None
    tests: tuple[str, ...]
    only_here: str | None = None


@dataclass(frozen=True)
class Table:
    """A published table."""

    name: str
    description: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    statements: tuple[str, ...]
    lineage: Lineage
    sql: str
    example: str
    owner: str

    @property
    def page(self) -> str:
        """File name of its page."""
        return f"table-{self.name}.html"


@dataclass(frozen=True)
class Metric:
    """A metric of the semantic layer."""

    name: str
    label: str
    description: str
    formula: str
    grain: str
    additivity: str
    unit: str
    owner: str
    topic: str
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    lineage: Lineage
    sql: str
    parts: tuple[Reference, ...]
    views: tuple[tuple[str, str, str], ...]
    question: str
    saved_queries: tuple[tuple[str, str], ...]

    @property
    def page(self) -> str:
        """File name of its page."""
        return f"metric-{self.name}.html"


@dataclass(frozen=True)
class OnlyInMarts:
    """Numbers that the semantic layer cannot express.

    Attributes:
        name: what they are called together.
        why: the reason.
        columns: where they are, as (table, column).
    """

    name: str
    why: str
    columns: tuple[tuple[str, str], ...]


@dataclass
class Catalogue:
    """Everything that the catalogue says of one build.

    Attributes:
        manifest: what dbt wrote of it.
        layer: its metrics.
        beside: published tables that dbt does not make, by ``tables_beside``.
    """

    manifest: Mapping[str, Any]
    layer: SemanticLayer
    beside: Sequence[Table] = ()
    _examples: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._examples = yaml.safe_load((HERE / "examples.yml").read_text(encoding="utf-8"))

    @cached_property
    def only_in_marts(self) -> tuple[OnlyInMarts, ...]:
        """What only the marts have, with the reasons."""
        listed = yaml.safe_load((HERE / "only_in_marts.yml").read_text(encoding="utf-8"))
        return tuple(
            OnlyInMarts(
                each["name"],
                _one_line(each["why"]),
                tuple(
                    (table, column) for table, names in each["columns"].items() for column in names
                ),
            )
            for each in listed
        )

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The published tables, facts first."""
        tables = [self._table(node) for node in marts(self.manifest)]
        tables.sort(key=lambda table: (table.name.startswith("dim_"), table.name))
        return (*tables, *self.beside)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics, in the order of models/semantic/metrics.yml."""
        listed = yaml.safe_load(METRICS.read_text(encoding="utf-8"))["metrics"]
        order = {metric["name"]: place for place, metric in enumerate(listed)}
        nodes = self.layer.metrics.values()
        return tuple(
            self._metric(node)
            for node in sorted(nodes, key=lambda node: order.get(node["name"], len(order)))
        )

    @cached_property
    def definitions(self) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
        """Chapters of docs/definitions.md with number, name and text of each definition."""
        chapters = []
        text = DEFINITIONS.read_text(encoding="utf-8")
        for chapter in re.split(r"^## ", text, flags=re.M)[1:]:
            title, _, body = chapter.partition("\n")
            found = re.findall(
                r"^- \*\*(D\d+) ([^*]+?)\.?\*\* (.*?)(?=^- \*\*|\Z)", body, re.M | re.S
            )
            chapters.append((title, tuple((n, name, _one_line(text)) for n, name, text in found)))
        return tuple(chapters)

    # -- Tables ------------------------------------------------------------------------------------

    def _table(self, node: Node) -> Table:
        description = _one_line(node["description"])
        what, _, grain = description.rpartition("One row")
        name = published_name(node)
        tests = [test for test in self._tests if test.get("attached_node") == node["unique_id"]]
        return Table(
            name=name,
            description=what.strip() or description,
            grain=f"One row{grain}" if what else description,
            key=_key(node, tests),
            columns=tuple(self._column(name, column, tests) for column in node["columns"].values()),
            statements=self._statements(node),
            lineage=self._lineage(node),
            sql=_without_database(node.get("compiled_code") or node["raw_code"], node),
            example=self._examples.get(name) or f"select *\nfrom {name}\nlimit 20;",
            owner=self._owner,
        )

    def _column(self, table: str, column: Node, tests: Sequence[Node]) -> Column:
        of_it = [test for test in tests if test.get("column_name") == column["name"]]
        said = ["never NULL"] * any(
            constraint["type"] == "not_null" for constraint in column["constraints"]
        )
        return Column(
            name=column["name"],
            type=column["data_type"] or "",
            description=_one_line(column["description"]),
            additivity=column["config"]["meta"].get("additivity"),
            tests=tuple(said + [words for test in of_it if (words := _in_words(test))]),
            only_here=next(
                (
                    each.why
                    for each in self.only_in_marts
                    if (table, column["name"]) in each.columns
                ),
                None,
            ),
        )

    @cached_property
    def _owner(self) -> str:
        """Who answers for the tables: the one who answers for the metrics of them."""
        owners = {_told(node, "owner") for node in self.layer.metrics.values()}
        return ", ".join(sorted(owners))

    @cached_property
    def _tests(self) -> list[Node]:
        nodes = self.manifest["nodes"].values()
        return [node for node in nodes if node["resource_type"] == "test"]

    def _statements(self, node: Node) -> tuple[str, ...]:
        """What singular tests and unit tests state of a table, as sentences without an end."""
        singular = [
            test["name"]
            for test in self._tests
            if not test.get("test_metadata") and node["unique_id"] in test["depends_on"]["nodes"]
        ]
        units = [
            test["name"]
            for test in self.manifest["unit_tests"].values()
            if test["model"] == node["name"]
        ]
        return tuple(
            name.removeprefix("assert_").replace("_", " ") for name in sorted(singular) + units
        )

    # -- Metrics -----------------------------------------------------------------------------------

    def _metric(self, node: Node) -> Metric:
        measured = self._models_of(node)
        dimensions = self.layer.dimensions(node["name"])
        own = f"{_entity(measured[0])}__"
        example = next((d for d in dimensions if d in (f"{own}channel", f"{own}industry")), None)
        group_by = ["metric_time", *([example] if example else [])]
        return Metric(
            name=node["name"],
            label=node["label"],
            description=_one_line(node["description"]),
            formula=self._formula(node),
            grain="; ".join(sorted({_one_line(model["description"]) for model in measured})),
            additivity=_told(node, "additivity"),
            unit=_told(node, "unit"),
            owner=_told(node, "owner"),
            topic=_told(node, "topic"),
            dimensions=_by_entity(dimensions, _entity(measured[0])),
            lineage=self._lineage(node),
            sql=self._readable(self.layer.sql(Question([node["name"]], ["metric_time"]))),
            parts=_sorted(
                self._reference(self._nodes[each])
                for each in node["depends_on"]["nodes"]
                if each in self.manifest["metrics"]
            ),
            views=tuple(
                (
                    f"{view['schema']}.{view['alias']}",
                    _one_line(view["description"]),
                    _without_database(view.get("compiled_code") or view["raw_code"], view),
                )
                for view in self._read_by(node)
                if _layer(view) == "semantic"
            ),
            question=f"--metrics {node['name']} --group-by {','.join(group_by)}",
            saved_queries=tuple(
                (query["name"], _one_line(query["description"]))
                for query in self.manifest["saved_queries"].values()
                if node["name"] in query["query_params"]["metrics"]
            ),
        )

    def _models_of(self, metric: Node) -> list[Node]:
        """The semantic models that hold a metric's measures."""
        found: dict[str, Node] = {}
        for above in metric["depends_on"]["nodes"]:
            if above in self.manifest["semantic_models"]:
                found[above] = self.manifest["semantic_models"][above]
            else:
                inner = self._models_of(self.manifest["metrics"][above])
                found |= {model["unique_id"]: model for model in inner}
        return list(found.values())

    def _formula(self, metric: Node) -> str:
        """What is counted, in SQL's words."""
        of = metric["type_params"]
        if metric["type"] == "ratio":
            return f"{of['numerator']['name']} / {of['denominator']['name']}"
        measures = {
            measure["name"]: (measure, model)
            for model in self._models_of(metric)
            for measure in model["measures"]
        }
        measure, model = measures[of["measure"]["name"]]
        expression = measure["expr"] or measure["name"]
        aggregation = {"count_distinct": f"count(distinct {expression})"}.get(
            measure["agg"], f"{measure['agg']}({expression})"
        )
        return f"{aggregation} over {model['node_relation']['alias']}"

    def _readable(self, sql: str) -> str:
        for node in self.manifest["nodes"].values():
            if node["resource_type"] == "model":
                sql = sql.replace(node["relation_name"], _published_as(node))
        return re.sub(r"_src_\d+\b", "", sql)

    # -- Lineage -----------------------------------------------------------------------------------

    def _lineage(self, node: Node) -> Lineage:
        layers: dict[str, dict[str, Reference]] = {layer: {} for layer in _LAYERS}
        waiting, seen = list(node["depends_on"]["nodes"]), set()
        while waiting:
            unique_id = waiting.pop()
            above = self._nodes.get(unique_id)
            if above is None or unique_id in seen:
                continue
            seen.add(unique_id)
            waiting += above.get("depends_on", {}).get("nodes", ())
            if layer := _layer(above):
                layers[layer][unique_id] = self._reference(above)
        below = self.manifest["child_map"].get(node["unique_id"], ())
        readers = [self._nodes[each] for each in below if each in self._nodes]
        kinds = ("model", "exposure")
        return Lineage(
            upstream=tuple(
                (layer, _sorted(found.values())) for layer, found in layers.items() if found
            ),
            direct=_sorted(map(self._reference, self._read_by(node))),
            metrics=_sorted(self._reference(each) for each in self._metrics_below(node)),
            readers=_sorted(self._reference(n) for n in readers if n["resource_type"] in kinds),
        )

    def _read_by(self, node: Node) -> list[Node]:
        """The tables and views that something reads; of a metric, those its measures count."""
        if node["resource_type"] == "metric":
            above = {of["depends_on"]["nodes"][0] for of in self._models_of(node)}
        else:
            above = set(node["depends_on"]["nodes"])
        return [self._nodes[each] for each in above if each in self._nodes]

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        kinds = ("nodes", "sources", "metrics", "semantic_models", "exposures")
        return {key: node for kind in kinds for key, node in self.manifest[kind].items()}

    def _metrics_below(self, node: Node) -> list[Node]:
        """The metrics that count a table's rows, on their own or through a semantic view."""
        below = set()
        waiting = [node["unique_id"]] if node["resource_type"] == "model" else []
        while waiting:
            for unique_id in self.manifest["child_map"].get(waiting.pop(), ()):
                child = self._nodes.get(unique_id)
                if child is None or unique_id in below:
                    continue
                if child["resource_type"] in ("semantic_model", "metric") or (
                    _layer(child) == "semantic"
                ):
                    below.add(unique_id)
                    waiting.append(unique_id)
        return [self._nodes[each] for each in below if each in self.manifest["metrics"]]

    def _reference(self, node: Node) -> Reference:
        page, name = None, node["name"]
        if node["resource_type"] == "source":
            name = f"{node['source_name']}.{node['name']}"
        elif _layer(node) == "marts":
            name = published_name(node)
            page = f"table-{name}.html"
        elif node["resource_type"] == "metric":
            page = f"metric-{name}.html"
        elif node["resource_type"] == "exposure":
            name = node["label"] or name
        return Reference(name, page, _one_line(node.get("description") or ""))


def tables_beside(manifest: Mapping[str, Any], published: Path) -> tuple[Table, ...]:
    """The published tables that are no models, such as ``publication``: as the database has them.

    Args:
        manifest: what dbt wrote of the build.
        published: the published DuckDB file, whose comments say what they are.
    """
    models = {published_name(node) for node in marts(manifest)}
    with duckdb.connect(published, read_only=True) as connection:
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() where not internal order by all"
        ).fetchall()
        columns = connection.execute("""
            select table_name, column_name, data_type, comment, is_nullable
            from duckdb_columns()
            where not internal
            order by table_name, column_index
        """).fetchall()
    return tuple(
        Table(
            name=name,
            description=comment or "",
            grain="",
            key=(),
            columns=tuple(
                Column(column, kind.lower(), said or "", None, () if nullable else ("never NULL",))
                for table, column, kind, said, nullable in columns
                if table == name
            ),
            statements=(),
            lineage=Lineage((), ()),
            sql="",
            example=f"select *\nfrom {name};",
            owner="",
        )
        for name, comment in tables
        if name not in models
    )


def _layer(node: Node) -> str | None:
    if node["resource_type"] == "source":
        return "sources"
    if node["resource_type"] == "seed":
        return "seeds"
    return node["fqn"][1] if node["resource_type"] == "model" else None


def _key(node: Node, tests: Iterable[Node]) -> tuple[str, ...]:
    for test in tests:
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "unique_key":
            return tuple(metadata["kwargs"]["columns"])
        if metadata.get("name") == "unique":
            return (test["column_name"],)
    return ()


def _in_words(test: Node) -> str | None:
    metadata = test.get("test_metadata") or {}
    arguments = metadata.get("kwargs", {})
    arguments = {**arguments, **(arguments.get("arguments") or {})}
    match metadata.get("name"):
        case "unique":
            return "unique"
        case "not_null":
            return "never NULL"
        case "accepted_values":
            return "one of " + ", ".join(map(str, arguments["values"]))
        case "relationships":
            table = re.sub(r"ref\('(.*)'\)", r"\1", str(arguments["to"]))
            return f"found in {table}.{arguments['field']}"
        case None:
            return None
        case name:
            return name.replace("_", " ")


def _entity(model: Node) -> str:
    """The entity in front of a semantic model's own dimensions."""
    primary = [each["name"] for each in model["entities"] if each["type"] == "primary"]
    return model["primary_entity"] or primary[0]


def _by_entity(dimensions: Iterable[str], own: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Dimensions by the entity they are of, the rows' own first; what is two joins away is not."""
    grouped: dict[str, list[str]] = {own: ["metric_time"]}
    for dimension in dimensions:
        entity, _, name = dimension.rpartition("__")
        if name != "metric_time" and "__" not in entity:
            grouped.setdefault(entity, []).append(dimension)
    return tuple((entity, tuple(names)) for entity, names in grouped.items())


def _published_as(node: Node) -> str:
    return published_name(node) if _layer(node) == "marts" else f"{node['schema']}.{node['alias']}"


def _without_database(sql: str, node: Node) -> str:
    """The database's name depends on who has built it."""
    sql = sql.replace(f'"{node["database"]}".', "")
    return re.sub(r'"(\w+)"\."(\w+)"', r"\1.\2", sql).strip()


def _told(metric: Node, key: str) -> str:
    """What the meta of a metric says."""
    try:
        return metric["config"]["meta"][key]
    except KeyError:
        raise SemanticLayerError(
            f"{metric['original_file_path']}: the metric {metric['name']} has no {key} in "
            "config.meta, which the catalogue shows; add it and make run."
        ) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _sorted(references: Iterable[Reference]) -> tuple[Reference, ...]:
    return tuple(sorted(references, key=lambda reference: reference.name))
