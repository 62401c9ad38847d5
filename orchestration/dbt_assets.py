"""How dbt's nodes appear in Dagster: their keys and their groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from orchestration.manifest import marts, read_manifest


class FolderTranslator(DagsterDbtTranslator):
    """Groups follow the folders.

    ``models/staging/api_gateway/`` is group ``staging_api_gateway``, ``models/marts/core/`` is
    ``marts_core``, seeds are ``seeds``, and every source table is in ``landing``, which fills it.
    """

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return "landing"
        # fqn: the project, the folders below models/, the node.
        folders = dbt_resource_props["fqn"][1:-1]
        if dbt_resource_props["resource_type"] == "seed":
            folders = ["seeds", *folders]
        return re.sub(r"\W", "_", "_".join(folders)) or None

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        return super().get_owners(dbt_resource_props) or OWNERS


# Where a model says nothing else: meta: {dagster: {owners: [...]}}, or an owner of its dbt group.
OWNERS = ["team:analytics-engineering"]
TRANSLATOR = FolderTranslator()


def mart_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """Asset keys of the marts."""
    return [TRANSLATOR.get_asset_key(node) for node in marts(manifest)]


def asset_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest, in which every test has a model whose page it is shown on.

    A test that somebody wrote as a query of its own and that compares several models would be no
    asset check: it belongs to the last of them that is built.
    """
    manifest = read_manifest(path)
    nodes = manifest["nodes"]
    for node in nodes.values():
        compared = [name for name in node["depends_on"].get("nodes", []) if name in nodes]
        if node["resource_type"] == "test" and not node.get("attached_node") and compared:
            node["attached_node"] = max(compared, key=lambda name: (_depth(nodes, name), name))
    return manifest


def _depth(nodes: Mapping[str, Any], name: str, known: dict[str, int] | None = None) -> int:
    """How many models are built before one, on the longest way to it."""
    known = {} if known is None else known
    if name not in known:
        parents = [each for each in nodes[name]["depends_on"].get("nodes", []) if each in nodes]
        known[name] = 1 + max((_depth(nodes, each, known) for each in parents), default=0)
    return known[name]


def source_specs(manifest: Mapping[str, Any]) -> Iterator[dg.AssetSpec]:
    """One asset for each source table that landing fills, under the key that staging depends on."""
    for source in _landed_sources(manifest):
        yield dg.AssetSpec(
            key=TRANSLATOR.get_asset_key(source),
            deps=[] if _is_written_by_landing(source) else [files_key(source)],
            description=source["description"],
            group_name=TRANSLATOR.get_group_name(source),
            metadata=TRANSLATOR.get_metadata(source),
            kinds={"python", "parquet"},
            owners=OWNERS,
        )


def file_specs(manifest: Mapping[str, Any]) -> Iterator[dg.AssetSpec]:
    """The files that other systems drop for each of these tables: one asset a table, which landing
    notes when some have come.

    It is stale when none came for as long as dbt's ``freshness`` of the source allows.
    """
    for source in _landed_sources(manifest):
        if _is_written_by_landing(source):
            continue
        yield dg.AssetSpec(
            key=files_key(source),
            description=f"Files in landing/ for {source['source_name']}.{source['name']}: dropped "
            "by other systems, read, never changed.",
            group_name="files",
            kinds={"file"},
            owners=OWNERS,
            freshness_policy=_freshness_policy(source),
        )


def files_key(source: Mapping[str, Any]) -> dg.AssetKey:
    """The key of the files of a source table."""
    return dg.AssetKey(["files", source["source_name"], source["name"]])


def patience_with(source: Mapping[str, Any]) -> tuple[timedelta | None, timedelta | None]:
    """How long no file of a table may come until one warns, and until that is an error."""
    freshness = source.get("freshness") or {}
    return _duration(freshness.get("warn_after")), _duration(freshness.get("error_after"))


def _duration(allowed: Mapping[str, Any] | None) -> timedelta | None:
    if not allowed or not allowed.get("count"):
        return None
    return timedelta(**{f"{allowed['period']}s": allowed["count"]})


def _freshness_policy(source: Mapping[str, Any]) -> dg.FreshnessPolicy | None:
    warn, fail = patience_with(source)
    if fail:
        return dg.FreshnessPolicy.time_window(fail, warn)
    return dg.FreshnessPolicy.time_window(warn) if warn else None


def _landed_sources(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    # Of the others dbt reads a database by itself.
    return [
        source
        for source in manifest["sources"].values()
        if "external_location" in {**source["source_meta"], **source["meta"]}
    ]


def _is_written_by_landing(source: Mapping[str, Any]) -> bool:
    meta = {**source["source_meta"], **source["meta"]}
    return bool((meta.get("landing") or {}).get("written_by_landing"))
