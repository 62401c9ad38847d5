"""What a build is made from, and whether what is published was made from just that.

Nothing in a build depends on the clock: the same rows of raw/, built by the same project, are the
same marts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from orchestration.landing.custom_fields import project_vars
from orchestration.manifest import project_fingerprint
from orchestration.publishing.builds import kept_basis
from orchestration.publishing.copying import content, literal
from orchestration.publishing.current import Publication, current_publication, kept_publications
from orchestration.publishing.seal import damage
from orchestration.publishing.versions import is_rolled_back
from orchestration.settings import PROJECT, SPARK, DataFolder

# The ledger names each file that was landed and each removal of rows, however batches are merged.
# What publishing adds to raw/ is left out: a publication is no reason for another one.
_LEDGER = ("files", "removals")


def read_basis(data: DataFolder, project: Path = PROJECT) -> str | None:
    """A fingerprint of all that a build depends on; the caller holds the run lock.

    It covers the ledger of raw/, who was forgotten, the dbt project with its lists and vars, the
    Python that publishes, the target and its versions.

    Returns:
        The fingerprint; None where the models read tables that landing does not fill, of which
        nobody can tell whether they have changed.
    """
    if data.target == SPARK and project_vars(project).get("lake_tables"):
        return None
    built_with = f"{project_fingerprint(data, project)} duckdb {duckdb.__version__}"
    digest = hashlib.sha256(built_with.encode())
    with duckdb.connect() as connection:
        for name in _LEDGER:
            digest.update(f"{name} {_rows(connection, data, name)}".encode())
    forgotten = data.root / "forgotten.json"
    digest.update(forgotten.read_bytes() if forgotten.exists() else b"")
    return digest.hexdigest()


def nothing_new(data: DataFolder, project: Path = PROJECT) -> str | None:
    """One sentence that says so, if a build would publish again what is published.

    Args:
        data: the data folder, whose run lock the caller holds.
        project: folder of the dbt project.

    Returns:
        The sentence; None if there is something to build: rows have come or gone, the project has
        changed, the warehouse is gone, or the last run has not published.
    """
    basis, current = read_basis(data, project), current_publication(data)
    if basis is None or current is None or kept_basis(data) != basis:
        return None
    if current.basis == basis:
        return (
            f"Nothing is new since the set of {_time(current)} was built, so nothing was built or "
            "published (make build does it all the same)."
        )
    newest = kept_publications(data)[0]
    if newest.basis == basis and is_rolled_back(data) and not damage(newest.folder):
        return (
            f"Nothing is new since the set of {_time(newest)} was built, which was rolled back, so "
            f"readers keep that of {_time(current)} (make build builds and publishes it again)."
        )
    return None


def _rows(
    connection: duckdb.DuckDBPyConnection, data: DataFolder, name: str
) -> tuple[int, int] | None:
    pattern = f"batches/*/landing/{name}/*.parquet"
    if not any(data.raw.glob(pattern)):
        return None
    rows = f"read_parquet({literal(data.raw / pattern)}, union_by_name = true)"
    return content(connection, rows)


def _time(publication: Publication) -> str:
    return f"{publication.published_at:%Y-%m-%d %H:%M} UTC"
