"""When there is nothing to build: what a build depends on, and what is published already."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing import (
    keep_build,
    kept_publications,
    nothing_new,
    publish,
    read_basis,
    rename_people,
    roll_back,
)
from orchestration.settings import DUCKDB, DataFolder
from tests.orchestration.test_publish import build

LEDGER = "batches/{}/landing/{}/0.parquet"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that keeps three versions."""
    folder = tmp_path / "project"
    for name, text in {
        "dbt_project.yml": "vars: {kept_publications: 3}",
        "profiles.yml": "",
        "models/a.sql": "select 1",
        "seeds/list.csv": "token\na\n",
        "orchestration/publishing/publish.py": "",
        "orchestration/serving/server.py": "",
    }.items():
        write(folder / name, text)
    return folder


@pytest.fixture
def published(data: DataFolder, project: Path) -> DataFolder:
    """A data folder with one landed file that is built and published."""
    land(data, "20261101T050000000000Z", "a")
    run(data, project, "run-1")
    return data


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def land(data: DataFolder, batch: str, file_hash: str, table: str = "files") -> None:
    """A row in the ledger of raw/."""
    file = data.raw / LEDGER.format(batch, table)
    file.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(
        f"select '{file_hash}' as file_hash, 5 as rows_landed, false as is_sample"
    ).write_parquet(str(file))


def run(data: DataFolder, project: Path, run_id: str, tokens: int = 1) -> None:
    """Build and publish, as a run does."""
    basis = read_basis(data, project)
    build(data, tokens)
    keep_build(data, data.root / "target", basis)
    publish(data, run_id, project)


def test_after_a_publication_nothing_is_new(published: DataFolder, project: Path) -> None:
    (publication,) = kept_publications(published)
    assert nothing_new(published, project) == (
        f"Nothing is new since the set of {publication.published_at:%Y-%m-%d %H:%M} UTC was built, "
        "so nothing was built or published (make build does it all the same)."
    )
    # What publishing itself adds to raw/ is no reason to publish again.
    assert list(published.raw.glob("batches/*/landing/publications/*.parquet"))


@pytest.mark.parametrize(
    "name", ["models/a.sql", "seeds/list.csv", "dbt_project.yml", "orchestration/publishing/b.py"]
)
def test_another_project_is_new(published: DataFolder, project: Path, name: str) -> None:
    with (project / name).open("a") as file:
        file.write("\n")
    assert nothing_new(published, project) is None


@pytest.mark.parametrize("name", ["orchestration/serving/server.py", "README.md"])
def test_what_decides_nothing_that_is_published_is_not_new(
    published: DataFolder, project: Path, name: str
) -> None:
    write(project / name, "changed")
    assert nothing_new(published, project)


@pytest.mark.parametrize("table", ["files", "removals"])
def test_rows_that_come_or_go_are_new(published: DataFolder, project: Path, table: str) -> None:
    land(published, "20261102T050000000000Z", "b", table)
    assert nothing_new(published, project) is None


def test_batches_that_become_one_are_not_new(published: DataFolder, project: Path) -> None:
    land(published, "20261102T050000000000Z", "b")
    run(published, project, "run-2")
    merged = published.raw / LEDGER.format("20261103T050000000000Z", "files")
    merged.parent.mkdir(parents=True)
    files = str(published.raw / LEDGER.format("*", "files"))
    rows = duckdb.sql(f"from read_parquet('{files}') order by file_hash desc").fetchall()
    for file in published.raw.glob(LEDGER.format("2026110[12]*", "files")):
        file.unlink()
    duckdb.sql(
        "select col0 as file_hash, col1 as rows_landed, col2 as is_sample from "
        f"(values {', '.join(map(str, rows))})"
    ).write_parquet(str(merged))
    assert nothing_new(published, project)


def test_somebody_who_was_forgotten_is_new(published: DataFolder, project: Path) -> None:
    (published.root / "forgotten.json").write_text("{}")
    assert nothing_new(published, project) is None


def test_a_version_without_a_forgotten_name_was_built_from_the_same(
    published: DataFolder, project: Path
) -> None:
    assert rename_people(published, {"dev_0": "forgotten-a"}) == 1
    assert nothing_new(published, project)


def test_a_warehouse_that_is_gone_is_built_again(published: DataFolder, project: Path) -> None:
    published.warehouse.unlink()
    assert nothing_new(published, project) is None


def test_a_build_that_was_not_published_is_built_again(
    published: DataFolder, project: Path
) -> None:
    land(published, "20261102T050000000000Z", "b")
    basis = read_basis(published, project)
    build(published, tokens=2)
    keep_build(published, published.root / "target", basis)
    assert nothing_new(published, project) is None


def test_a_publication_that_its_run_did_not_switch_to_is_built_again(
    published: DataFolder, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(published, "20261102T050000000000Z", "b")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            run(published, project, "run-2")
    assert [each.run_id for each in kept_publications(published)] == ["run-2", "run-1"]
    assert nothing_new(published, project) is None


def test_what_was_rolled_back_is_not_published_again_by_itself(
    published: DataFolder, project: Path
) -> None:
    land(published, "20261102T050000000000Z", "b")
    run(published, project, "run-2")
    roll_back(published, project=project)
    newest, chosen = kept_publications(published)
    assert nothing_new(published, project) == (
        f"Nothing is new since the set of {newest.published_at:%Y-%m-%d %H:%M} UTC was built, "
        "which was rolled back, so readers keep that of "
        f"{chosen.published_at:%Y-%m-%d %H:%M} UTC (make build builds and publishes it again)."
    )
    land(published, "20261103T050000000000Z", "c")
    assert nothing_new(published, project) is None
    run(published, project, "run-3")
    assert "so nothing was built" in nothing_new(published, project)


def test_a_damaged_version_is_no_reason_to_stay_with_the_one_before(
    published: DataFolder, project: Path
) -> None:
    land(published, "20261102T050000000000Z", "b")
    run(published, project, "run-2")
    roll_back(published, project=project)
    file = published.publications / "run-2" / "north_star.duckdb"
    file.unlink()
    assert nothing_new(published, project) is None


def test_a_version_of_an_earlier_release_is_built_again(
    published: DataFolder, project: Path
) -> None:
    record = published.publications / "run-1" / "publication.json"
    record.chmod(0o644)
    record.write_text(record.read_text().replace('"basis"', '"something_else"'))
    assert nothing_new(published, project) is None


def test_tables_that_landing_does_not_fill_may_always_be_new(
    published: DataFolder, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.manifest.version", lambda name: "1")
    write(project / "dbt_project.yml", "vars: {lake_tables: {crm.companies: lake.companies}}")
    assert read_basis(published.on("spark"), project) is None
    assert read_basis(published.on(DUCKDB), project)
    shutil.rmtree(published.raw)
    assert nothing_new(published.on("spark"), project) is None
