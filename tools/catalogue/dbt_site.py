"""dbt's own documentation site as one page that calls nobody.

It is the page that `dbt docs generate --static` writes, from the published manifest rather than
from the models as they are now. dbt's page brings a tracker, which it starts where the project
allows anonymous statistics. This project does not; the tracker's addresses are cut out all the
same, and a content security policy forbids the page every connection, whatever a newer version may
bring.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from dbt.task.docs import DOCS_INDEX_FILE_PATH

from orchestration.manifest import marts
from orchestration.publishing.marts import published_name

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:"
)
_TRACKERS = re.compile(r"//d1fc8wv8zag5ca\.cloudfront\.net/[\w./]*|[\w.]*sinter-collect\.com")


def dbt_site(manifest: Mapping[str, Any], published: Path) -> str:
    """The page.

    Args:
        manifest: what dbt wrote of the published build.
        published: the published DuckDB file, for the columns as they are.
    """
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    page = _TRACKERS.sub("", page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    page = page.replace("<head>", f"<head>{policy}", 1)
    manifest = {
        **manifest,
        "metadata": {**manifest["metadata"], "send_anonymous_usage_stats": False},
    }
    for placeholder, content in {
        '"MANIFEST.JSON INLINE DATA"': manifest,
        '"CATALOG.JSON INLINE DATA"': _catalog(manifest, published),
    }.items():
        # Within a script, only "</" could end it.
        page = page.replace(placeholder, json.dumps(content).replace("</", "<\\/"))
    return page


def _catalog(manifest: Mapping[str, Any], published: Path) -> dict[str, Any]:
    """What `dbt docs generate` asks a database for: its columns and their types."""
    with duckdb.connect(published, read_only=True) as connection:
        columns = connection.execute("""
            select table_name, column_name, column_index, data_type
            from duckdb_columns()
            where not internal
            order by table_name, column_index
        """).fetchall()
    nodes = {}
    for node in marts(manifest):
        name = published_name(node)
        nodes[node["unique_id"]] = {
            "unique_id": node["unique_id"],
            "metadata": {
                "type": "BASE TABLE",
                "schema": "main",
                "name": name,
                "database": published.stem,
                "comment": None,
                "owner": None,
            },
            "columns": {
                column: {"type": kind, "index": index, "name": column, "comment": None}
                for table, column, index, kind in columns
                if table == name
            },
            "stats": {},
        }
    return {"metadata": {}, "nodes": nodes, "sources": {}, "errors": None}
