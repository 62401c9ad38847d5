"""Versions that are kept: what they carry, going back, damage, the log, and forgetting people."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.landing.raw import RawFolder
from orchestration.publishing import (
    PublishError,
    complete_log,
    copying,
    current_publication,
    damage,
    kept_publications,
    mend,
    publish,
    rename_people,
    roll_back,
    seal,
    what_stays,
)
from orchestration.settings import DataFolder
from tests.orchestration.test_publish import build, tokens


@pytest.fixture(scope="module")
def published_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which three versions were published, with 1, 2 and 3 tokens; for copies."""
    root = tmp_path_factory.mktemp("published")
    for number in (1, 2, 3):
        publish_tokens(DataFolder(root), number, project_that_keeps(root, 3))
    return root


@pytest.fixture
def versions(data: DataFolder, published_before: Path) -> DataFolder:
    """A data folder of one's own with these versions."""
    shutil.copytree(published_before, data.root, symlinks=True, dirs_exist_ok=True)
    return data


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of which three versions are kept."""
    return project_that_keeps(tmp_path, 3)


def project_that_keeps(place: Path, versions: object) -> Path:
    (place / "dbt_project.yml").write_text(f"vars: {{kept_publications: {versions}}}")
    return place


def publish_tokens(data: DataFolder, number: int, project: Path) -> None:
    build(data, tokens=number)
    publish(data, f"run-{number}", project)


def published(data: DataFolder, query: str) -> list[tuple]:
    with duckdb.connect(data.published / "north_star.duckdb", read_only=True) as database:
        return database.execute(query).fetchall()


def log(data: DataFolder) -> list[tuple]:
    files = data.raw / "batches" / "*" / "landing" / "publications" / "*.parquet"
    return duckdb.sql(
        f"select run_id, metric, week_start::varchar, value, rows_read, rules_hash from '{files}' "
        "order by published_at"
    ).fetchall()


def test_a_table_carries_its_constraints_and_what_is_said_of_it(versions: DataFolder) -> None:
    assert published(
        versions,
        "select comment, has_primary_key from duckdb_tables() "
        "where table_name = 'fct_weekly_active_tokens'",
    ) == [("Active tokens. One row per token. Key: token_id.", True)]
    assert published(
        versions,
        "select column_name, comment, is_nullable from duckdb_columns() "
        "where table_name = 'fct_weekly_active_tokens' order by column_index",
    ) == [("token_id", "The token's hash.", False), ("developer_id", "Its owner.", True)]
    of_publication = published(
        versions,
        "select column_name, comment, is_nullable from duckdb_columns() "
        "where table_name = 'publication' order by column_index",
    )
    assert of_publication[:2] == [
        ("run_id", "The run that published it.", False),
        ("git_commit", "Commit of the project; NULL where it is no checkout.", True),
    ]
    assert all(comment for _, comment, _ in of_publication)


def test_so_many_versions_are_kept(data: DataFolder, tmp_path: Path) -> None:
    project = project_that_keeps(tmp_path, 2)
    for number in (1, 2, 3):
        publish_tokens(data, number, project)
    assert [each.run_id for each in kept_publications(data)] == ["run-3", "run-2"]
    assert sorted(path.name for path in data.publications.iterdir()) == ["run-2", "run-3"]


@pytest.mark.parametrize("versions", [0, -1, "many", True, "null"])
def test_a_number_of_versions_that_makes_no_sense_is_refused(
    data: DataFolder, tmp_path: Path, versions: object
) -> None:
    build(data, tokens=1)
    with pytest.raises(PublishError, match=r"kept_publications: .* is not a whole number of 1"):
        publish(data, "run-1", project_that_keeps(tmp_path, versions))


def test_rolling_back_shows_the_version_before_and_the_one_before_that(
    versions: DataFolder, project: Path
) -> None:
    assert roll_back(versions, project=project).run_id == "run-2"
    assert tokens(versions) == 2
    assert roll_back(versions, project=project).run_id == "run-1"
    with pytest.raises(PublishError, match="no earlier version"):
        roll_back(versions, project=project)
    assert roll_back(versions, "run-3", project).run_id == "run-3"
    assert tokens(versions) == 3
    publish_tokens(versions, 4, project)
    assert tokens(versions) == 4


@pytest.mark.parametrize(
    ("named", "sentence"),
    [("run-9", "run-9 is not kept; those that are kept: run-3, run-2, run-1"), ("run", "several")],
)
def test_a_version_that_is_not_one_is_refused(
    versions: DataFolder, project: Path, named: str, sentence: str
) -> None:
    with pytest.raises(PublishError, match=sentence):
        roll_back(versions, named, project)
    assert tokens(versions) == 3


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


DATABASE = "north_star.duckdb"
PARQUET = "parquet/fct_weekly_active_tokens/0.parquet"


@pytest.mark.parametrize("name", [DATABASE, PARQUET, "publication.json", "seal.json"])
@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_damaged_version_makes_way_for_the_last_good_one(
    versions: DataFolder, project: Path, name: str, is_deleted: bool
) -> None:
    for folder in ("run-3", "run-2"):
        file = versions.publications / folder / name
        file.unlink() if is_deleted else spoil(file)
    told = mend(versions, project)
    assert told.startswith("The published set publications/run-3 ")
    # A seal that was changed accuses another file.
    assert name in told or (name, is_deleted) == ("seal.json", False)
    assert "Readers see the set of 2" in told
    assert current_publication(versions).run_id == "run-1"
    assert tokens(versions) == 1
    assert mend(versions, project) is None
    with pytest.raises(PublishError, match="run-2"):
        roll_back(versions, "run-2", project)


def test_a_version_that_is_gone_makes_way_and_the_next_run_publishes(
    versions: DataFolder, project: Path
) -> None:
    (versions.publications / "run-3").rename(versions.root / "elsewhere")
    assert what_stays(versions) == "What was published cannot be read."
    assert "publications/run-3 is not there. Readers see the set of" in mend(versions, project)
    assert tokens(versions) == 2
    publish_tokens(versions, 4, project)
    assert tokens(versions) == 4


def test_without_a_good_version_it_says_so(data: DataFolder, project: Path) -> None:
    assert mend(data, project) is None
    publish_tokens(data, 1, project)
    spoil(data.publications / "run-1" / DATABASE)
    assert mend(data, project) == (
        f"The published set publications/run-1 has a damaged {DATABASE}. No other version is left: "
        "readers see nothing whole until a run publishes."
    )
    publish_tokens(data, 2, project)
    assert mend(data, project) is None


def test_what_is_not_written_as_it_was_built_is_not_published(
    versions: DataFolder, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = copying.content

    def one_row_short(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int]:
        count, checksum = honest(connection, rows)
        return count - ("read_parquet" in rows), checksum

    monkeypatch.setattr(copying, "content", one_row_short)
    with pytest.raises(PublishError, match="fct_north_star_weekly was not written as it was built"):
        publish_tokens(versions, 4, project)
    assert tokens(versions) == 3
    assert [path.name for path in versions.publications.glob(".*")] == []


def test_a_warehouse_that_changed_after_its_tests_is_not_published(
    versions: DataFolder, project: Path
) -> None:
    build(versions, tokens=4)
    with duckdb.connect(versions.warehouse) as warehouse:
        warehouse.execute("insert into marts.fct_weekly_active_tokens values ('x', 'y')")
    with pytest.raises(PublishError, match="has changed since it was built and tested"):
        publish(versions, "run-4", project)
    versions.warehouse.unlink()
    with pytest.raises(PublishError, match="is gone"):
        publish(versions, "run-4", project)
    assert tokens(versions) == 3


def test_a_full_disk_leaves_the_version_before_and_nothing_half_written(
    versions: DataFolder, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(seal.os, "fsync", full)
    build(versions, tokens=4)
    with pytest.raises(PublishError, match=r"The disk of .*publications is full: make room"):
        publish(versions, "run-4", project)
    assert tokens(versions) == 3
    assert [path.name for path in versions.publications.glob(".*")] == []


def test_each_publication_is_logged_once(versions: DataFolder, project: Path) -> None:
    values = [
        (f"run-{number}", "weekly_active_tokens", "2026-11-09", float(number), 7, "rules")
        for number in (1, 2, 3)
    ]
    assert log(versions) == values
    publish(versions, "run-3", project)
    complete_log(versions)
    assert log(versions) == values


def test_a_publication_whose_run_was_killed_before_it_was_logged_is_logged_later(
    data: DataFolder, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(data, tokens=1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RawFolder, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(data, "run-1", project)
    assert tokens(data) == 1
    complete_log(data)
    assert [run_id for run_id, *_ in log(data)] == ["run-1"]


def test_people_are_forgotten_in_every_version_and_nothing_else_changes(
    versions: DataFolder, project: Path
) -> None:
    dumped = {folder: dump(folder) for folder in versions.publications.iterdir()}
    # Developer dev_2 is in the third version only, dev_1 in two of them.
    assert rename_people(versions, {" DEV_1": "forgotten-a", "dev_2": "forgotten-b"}) == 2
    for folder, before in dumped.items():
        assert damage(folder) is None
        for name, pseudonym in (("'dev_1'", "'forgotten-a'"), ("'dev_2'", "'forgotten-b'")):
            before = before.replace(name, pseudonym)
        assert dump(folder) == before
        for file in folder.rglob("*.parquet"):
            assert b"dev_1" not in file.read_bytes()
    assert b"dev_1" not in (versions.published / DATABASE).read_bytes()
    assert sorted(path.name for path in versions.publications.iterdir()) == [
        "run-1",
        "run-2",
        "run-3",
    ]
    assert versions.published.readlink() == Path("publications/run-3")
    assert rename_people(versions, {"dev_1": "forgotten-a"}) == 0


def test_people_are_forgotten_by_whoever_owns_the_files(published_before: Path) -> None:
    # Sealed files take no writing, not even their owner's; only root would not notice.
    with tempfile.TemporaryDirectory() as place, as_anybody() as user:
        data = DataFolder(Path(place, "data"))
        shutil.copytree(published_before, data.root, symlinks=True)
        if user is not None:
            for path in (Path(place), data.root, *data.root.rglob("*")):
                os.chown(path, user, -1, follow_symlinks=False)
            os.seteuid(user)
        assert rename_people(data, {"dev_1": "forgotten-a"}) == 2


@contextmanager
def as_anybody() -> Iterator[int | None]:
    """A user to become for a while, where the tests are run by root."""
    try:
        yield 65534 if os.geteuid() == 0 else None
    finally:
        os.seteuid(os.getuid())


def dump(folder: Path) -> str:
    """All that a version says: rows of both forms, types, constraints and comments."""
    told = []
    with duckdb.connect(folder / DATABASE, read_only=True) as database:
        for query in (
            "select table_name, sql, comment from duckdb_tables() order by all",
            "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal order by all",
        ):
            told.append(str(database.execute(query).fetchall()))
        for (table,) in database.execute("show tables").fetchall():
            told.append(str(database.execute(f"select * from {table} order by all").fetchall()))
            rows = f"select * from '{folder}/parquet/{table}/0.parquet' order by all"
            told.append(str(database.execute(rows).fetchall()))
    return "\n".join(told)


def test_nobody_is_forgotten_in_a_version_that_is_damaged(versions: DataFolder) -> None:
    spoil(versions.publications / "run-2" / DATABASE)
    with pytest.raises(
        PublishError, match=r"run-2 has a damaged north_star\.duckdb, so nobody can"
    ):
        rename_people(versions, {"dev_1": "forgotten-a"})
