"""The published tables as an interface: what a release promised, and what has changed since.

docs/contract/<version>.csv holds the tables and columns of a release. ``make contract`` writes that
of a new one; a test compares the project with the newest and asks CHANGELOG.md for each change.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from orchestration.manifest import ensure_manifest, marts, read_manifest
from orchestration.publishing.marts import published_name
from orchestration.publishing.publish import PUBLICATION_TYPES
from orchestration.settings import PROJECT, DataFolder

FOLDER = PROJECT / "docs" / "contract"
_HEADER = ("table", "column", "data_type", "is_required")

# Type and whether it always has a value, by table and column.
Schema = dict[tuple[str, str], tuple[str, bool]]


@dataclass(frozen=True)
class Change:
    """One difference between two schemas.

    Attributes:
        name: ``table`` or ``table.column``, as CHANGELOG.md shall name it.
        what: what has changed, in words.
        is_breaking: whether a query that worked may fail or read something else.
    """

    name: str
    what: str
    is_breaking: bool


def current_schema(manifest: Mapping[str, Any]) -> Schema:
    """What the models promise; custom fields, which are each program's own, are left out."""
    schema: Schema = {("publication", name): kind for name, kind in PUBLICATION_TYPES.items()}
    for node in marts(manifest):
        for column in node["columns"].values():
            required = any(each["type"] == "not_null" for each in column["constraints"])
            schema[published_name(node), column["name"]] = (column["data_type"], required)
    return schema


def last_release() -> Path:
    """The file of the newest release."""
    return max(FOLDER.glob("*.csv"), key=lambda file: Version(file.stem))


def read_schema(file: Path) -> Schema:
    """The schema of a release."""
    with file.open(newline="") as opened:
        return {
            (row["table"], row["column"]): (row["data_type"], row["is_required"] == "true")
            for row in csv.DictReader(opened)
        }


def write_schema(schema: Schema, file: Path) -> None:
    """Write the file of a release, sorted."""
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(_HEADER)
        for (table, column), (data_type, required) in sorted(schema.items()):
            writer.writerow((table, column, data_type, str(required).lower()))


def changes(before: Schema, after: Schema) -> Iterator[Change]:
    """What has changed, a whole table as one."""
    tables_before = {table for table, _ in before}
    tables_after = {table for table, _ in after}
    for table in sorted(tables_before - tables_after):
        yield Change(table, "is gone", True)
    for table in sorted(tables_after - tables_before):
        yield Change(table, "is new", False)
    for table, column in sorted(before.keys() | after.keys()):
        if table not in tables_before & tables_after:
            continue
        name = f"{table}.{column}"
        if (table, column) not in after:
            yield Change(name, "is gone", True)
        elif (table, column) not in before:
            yield Change(name, "is new", False)
        else:
            (old_type, was_required), (new_type, is_required) = (
                before[table, column],
                after[table, column],
            )
            if old_type != new_type:
                yield Change(name, f"was {old_type} and is {new_type}", True)
            if was_required and not is_required:
                yield Change(name, "may be NULL now", True)
            if is_required and not was_required:
                yield Change(name, "is never NULL now", False)


def unlisted(found: list[Change], changelog: str, released: str) -> list[str]:
    """Changes that the sections above the release's do not name in backticks, one sentence each."""
    above, _, _ = changelog.partition(f"\n## {released}")
    named = set(re.findall(r"`([\w.]+)`", above))
    return [
        f"{change.name} {change.what}: CHANGELOG.md has to name it, above {released}."
        for change in found
        if change.name not in named
    ]


def main() -> None:
    """Write the file of the version that pyproject.toml names."""
    version = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(), re.M)[1]
    file = FOLDER / f"{version}.csv"
    manifest = read_manifest(ensure_manifest(DataFolder.from_environment()))
    write_schema(current_schema(manifest), file)
    print(f"Wrote {file.relative_to(PROJECT)}: commit it with the release.", file=sys.stdout)


if __name__ == "__main__":
    main()
