"""The marts as they are published: names, keys, what is never NULL, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.manifest import marts


@dataclass(frozen=True)
class Mart:
    """One table that is published.

    Attributes:
        schema: where the build has it.
        relation: its name there.
        name: its name as published.
        comment: what it is, ending with its grain and its key.
        columns: comment of each column that its yml describes.
        required: columns that are never NULL.
        key: columns that identify a row, by its test unique_key or unique.
    """

    schema: str
    relation: str
    name: str
    comment: str
    columns: Mapping[str, str]
    required: frozenset[str]
    key: tuple[str, ...]


def published_marts(manifest: Mapping[str, Any]) -> tuple[Mart, ...]:
    """The models under models/marts, by name."""
    keys = dict(_tested_keys(manifest))
    return tuple(_mart(node, keys.get(node["unique_id"], ())) for node in marts(manifest))


def _tested_keys(manifest: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Models and the columns that a test says identify a row; of several tests the first."""
    for node in reversed(manifest["nodes"].values()):
        test = node.get("test_metadata") or {}
        if test.get("name") == "unique_key":
            yield node["attached_node"], tuple(test["kwargs"]["columns"])
        elif test.get("name") == "unique":
            yield node["attached_node"], (test["kwargs"]["column_name"],)


def _mart(node: Mapping[str, Any], key: tuple[str, ...]) -> Mart:
    columns = node["columns"].values()
    return Mart(
        schema=node["schema"],
        relation=node["alias"],
        name=published_name(node),
        comment=_comment(node, key),
        columns={column["name"]: _one_line(column["description"]) for column in columns},
        required=frozenset(
            column["name"]
            for column in columns
            if any(constraint["type"] == "not_null" for constraint in column["constraints"])
        ),
        key=key,
    )


def published_name(node: Mapping[str, Any]) -> str:
    """The name of a model as published: of several versions the latest has the plain one."""
    version = node.get("version")
    is_latest = version is None or version == node.get("latest_version")
    return node["name"] if is_latest else f"{node['name']}_v{version}"


def _comment(node: Mapping[str, Any], key: tuple[str, ...]) -> str:
    parts = [_one_line(node["description"])]
    if key:
        parts.append(f"Key: {', '.join(key)}.")
    if published_name(node) != node["name"]:
        parts.insert(0, f"Deprecated: use {node['name']}.")
    if node.get("deprecation_date"):
        parts.insert(1, f"It is published until {str(node['deprecation_date'])[:10]}.")
    return " ".join(part for part in parts if part)


def _one_line(text: str) -> str:
    return " ".join(text.split())
