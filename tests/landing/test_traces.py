"""The proof of an erasure finds a name wherever it was left, and says where without saying it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import forget
from orchestration.landing.traces import Search, search_traces
from tests.landing.ground import KEY, Ground

JANE = [("developer", "dev_42"), ("email", "jane@shop.example"), ("contact of crm", "51")]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which there is Bob, dev_421, and others who only look like Jane."""
    ground = Ground(tmp_path_factory.mktemp("landed"))
    for folder, line in {
        "developer_portal/developers": '{"developer_id":"dev_421","signed_up_at":"2026-03-01"}',
        "crm/contacts": '{"contact_id":"k1","email":"mary-jane@shop.example","company_id":"51"}',
        "crm_asia/contacts": '{"contact_id":"51","email":"bob@shop.example"}',
        "api_gateway/api_requests": '{"requested_at":"2026-03-01","status_code":200,"path":"/51"}',
    }.items():
        ground.drop(f"{folder}/a.jsonl", line)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        ground.land()
    return ground.data.root


@pytest.fixture
def clean(ground: Ground, landed: Path) -> Ground:
    shutil.copytree(landed, ground.data.root, symlinks=True, dirs_exist_ok=True)
    return ground


def _plant(ground: Ground, file: str, columns: str) -> None:
    path = ground.data.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".duckdb":
        with duckdb.connect(path) as connection:
            connection.execute(f"create table marts as select {columns}")
    else:
        duckdb.sql(f"copy (select {columns}) to '{path}'")


def _search(ground: Ground) -> Search:
    return search_traces(ground.data, JANE)


def test_who_only_looks_like_the_person_is_no_trace(clean):
    _plant(clean, "publications/1/parquet/dim/0.parquet", "'dev_421' as developer_id, '51' as n")
    found = _search(clean)
    assert found.traces == ()
    assert found.sentence.endswith("no trace of 3 names.")


@pytest.mark.parametrize(
    ("file", "columns", "column"),
    [
        ("raw/batches/{}/crm/contacts/9.parquet", "' JANE@shop.example' as email", "email"),
        ("raw/batches/{}/crm/contacts/9.parquet", "'Jane <jane@shop.example>' as email", "email"),
        ("raw/batches/{}/crm/contacts/9.parquet", "'51' as contact_id", "contact_id"),
        ("raw/batches/{}/landing/rejects/9.parquet", "'a dev_42.' as raw_text", "raw_text"),
        ("raw/batches/{}/gone/table/9.parquet", "['x', 'Dev_42'] as ids", "ids"),
        ("raw/versions/000000/{}/crm/contacts/0.parquet", "1 as n, 'dev_42' as note", None),
        ("publications/1/parquet/dim/0.parquet", "'DEV_42' as id", "id"),
        ("publications/1/north_star.duckdb", "'/u/dev_42/x' as path", "marts.path"),
    ],
)
def test_a_name_is_found_wherever_it_was_left(clean, file, columns, column):
    (batch,) = (p.name for p in (clean.data.raw / "batches").glob("2*"))
    file = file.format(batch)
    _plant(clean, file, columns)
    found = _search(clean)
    if column is None:
        # What no version leads to is removed before it could be searched.
        assert not (clean.data.root / file).exists()
        assert found.traces == ()
        return
    (trace,) = found.traces
    # raw/batches is a link to what is searched.
    assert trace.endswith(f"/{'/'.join(file.split('/')[-2:])}, column {column}")
    assert "1 traces of 3 names" in found.sentence
    assert not any(name in found.sentence + trace for name in ("dev_42", "jane"))


def test_names_that_an_earlier_erasure_learned_are_found_by_their_hashes(clean):
    forget(clean.data, ["k1"])
    (batch,) = (p.name for p in (clean.data.raw / "batches").glob("2*"))
    _plant(
        clean, f"raw/batches/{batch}/crm/contacts/9.parquet", "'mary-jane@shop.example' as email"
    )
    assert len(_search(clean).traces) == 1


def test_everything_with_text_is_counted(clean):
    before = _search(clean)
    _plant(clean, "publications/1/parquet/dim/0.parquet", "'a' as a, 1 as b, 'c' as c")
    _plant(clean, "publications/1/north_star.duckdb", "'a' as a, ['b'] as b, now() as c")
    after = _search(clean)
    assert (after.files - before.files, after.columns - before.columns) == (2, 4)
