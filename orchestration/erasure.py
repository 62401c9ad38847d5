"""Erasing people from all that North Star keeps, in an order that can be repeated, with a proof."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing import Rewriting, find_people, forget
from orchestration.landing.contract import DEVELOPER
from orchestration.landing.names import Name
from orchestration.landing.traces import Search, search_traces
from orchestration.publishing import discard_build, rename_people
from orchestration.settings import PROJECT, DataFolder

_OVERRIDES = Path("seeds", "company_overrides.csv")


@dataclass(frozen=True)
class Report:
    """What an erasure did.

    Attributes:
        names: number of names of the people, whatever their kind.
        developers: number of developers among them.
        rewriting: what was done to raw/.
        publications: number of publications that were rewritten.
        deleted: databases that held names and are gone, relative to the data folder.
        delivered: files in landing/ that hold names still, relative to landing/.
        overrides: lines of the list of overrides that name them, with the pseudonym of each.
        search: the proof.
    """

    names: int
    developers: int
    rewriting: Rewriting
    publications: int
    deleted: tuple[str, ...]
    delivered: tuple[str, ...]
    overrides: Mapping[int, str]
    search: Search

    def lines(self) -> list[str]:
        """What was done and what is left to do, in lines that hold no name."""
        renamed = self.rewriting.rows_renamed.items()
        lines = [f"{label}: {rows:,} rows with pseudonyms." for label, rows in renamed]
        if self.rewriting.texts_removed:
            lines.append(f"landing.rejects: {self.rewriting.texts_removed:,} lost their texts.")
        lines.append(
            f"{self.developers:,} developers, by {self.names:,} names in all; "
            f"{self.publications:,} publications were rewritten."
        )
        if self.deleted:
            lines.append(f"Deleted {', '.join(self.deleted)}: make run builds the warehouse again.")
        lines += [
            f"{_OVERRIDES}, line {number} names one of them: write {pseudonym} there."
            for number, pseudonym in self.overrides.items()
        ]
        if self.delivered:
            lines.append("landing/ is left to you; files in it that still hold them:")
            lines += [f"  {path}" for path in self.delivered]
        return [*lines, self.search.sentence]


def erase(data: DataFolder, names: Iterable[str], project: Path = PROJECT) -> Report:
    """Gives people pseudonyms in raw/ and in every publication, and deletes what holds their names.

    raw/ comes last of what is changed: as long as it holds them, repeating this after an
    interruption finds all names of the people again.

    Args:
        data: the data folder, whose run lock the caller holds.
        names: as for ``landing.find_people``.
        project: folder of the dbt project, for its list of overrides.

    Raises:
        LandingError: nobody was named, a name means several people, the token key is another one,
            or the machine failed.
        PublishError: a publication cannot be rewritten.
    """
    names = list(names)
    pseudonyms = find_people(data, names)
    developers = {name: given for (kind, name), given in pseudonyms.items() if kind == DEVELOPER}
    # Of what names a person only the ids of developers are published (definition D28).
    publications = rename_people(data, developers)
    deleted = _delete_databases(data)
    erasure = forget(data, names)
    return Report(
        names=len(pseudonyms),
        developers=len(developers),
        rewriting=erasure.rewriting,
        publications=publications,
        deleted=deleted,
        delivered=tuple(path for path in erasure.files if (data.landing / path).exists()),
        overrides=_overrides(project / _OVERRIDES, pseudonyms),
        search=search_traces(data, pseudonyms.keys() | erasure.pseudonyms.keys()),
    )


def _delete_databases(data: DataFolder) -> tuple[str, ...]:
    """Deletes what is built from raw/: the next run builds it again."""
    discard_build(data)
    for spilled in (data.spill, data.dev / data.spill.name):
        shutil.rmtree(spilled, ignore_errors=True)
    files = [*data.root.glob(f"{data.warehouse.name}*"), *data.dev.glob("*.duckdb*")]
    for file in files:
        file.unlink()
    return tuple(sorted(str(file.relative_to(data.root)) for file in files))


def _overrides(file: Path, pseudonyms: Mapping[Name, str]) -> dict[int, str]:
    """Lines of the list that set a company for one of the people by hand."""
    with file.open(encoding="utf-8", newline="") as opened:
        return {
            number: pseudonyms[DEVELOPER, row["id"].strip().lower()]
            for number, row in enumerate(csv.DictReader(opened), start=2)
            if row["scope"] == DEVELOPER and (DEVELOPER, row["id"].strip().lower()) in pseudonyms
        }
