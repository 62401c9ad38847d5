"""How dbt's nodes appear in Dagster: their keys and their groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from orchestration.manifest import marts


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


TRANSLATOR = FolderTranslator()


def mart_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """Asset keys of the marts."""
    return [TRANSLATOR.get_asset_key(node) for node in marts(manifest)]


def source_specs(manifest: Mapping[str, Any]) -> Iterator[dg.AssetSpec]:
    """One asset for each source table that landing fills, under the key that staging depends on."""
    for source in manifest["sources"].values():
        if "external_location" not in {**source["source_meta"], **source["meta"]}:
            continue  # dbt reads it from a database by itself
        yield dg.AssetSpec(
            key=TRANSLATOR.get_asset_key(source),
            description=source["description"],
            group_name=TRANSLATOR.get_group_name(source),
            metadata=TRANSLATOR.get_metadata(source),
            kinds={"python", "parquet"},
        )
