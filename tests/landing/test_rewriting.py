"""Rewriting raw/ keeps every row but those that are to go, and the ledger says which went."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.landing import LandingError, Options, compact, rewriting, withdraw
from orchestration.landing.batch import EMPTY_BATCH
from orchestration.landing.raw import FORMAT_VERSION
from orchestration.settings import PROJECT

REQUESTS = "api_gateway/api_requests"
GOOD = '{"requested_at":"2026-03-0%dT10:00:00Z","status_code":200,"request_id":"%s"}\n'
ROWS = "select * exclude (_landed_at) from api_requests order by _file_hash, _row_number"
BY_LEDGER = """
    select file_hash, sum(rows_landed)::bigint - coalesce((
        select sum(rows_removed) from removals
        where removals.file_hash = file_dates.file_hash and removed_at > landed_at
    ), 0)::bigint
    from file_dates group by file_hash, landed_at order by file_hash
"""


def _land_days(ground, days: int = 5) -> None:
    for day in range(1, days + 1):
        ground.drop(f"{REQUESTS}/{day}.jsonl", GOOD % (day, f"r{day}") + "oops\n")
        ground.land()


def _batches(ground) -> list[str]:
    folder = ground.data.raw / "batches"
    return sorted(batch.name for batch in folder.iterdir() if batch.name != EMPTY_BATCH)


def test_small_batches_become_one_with_the_same_rows_and_ledger(ground):
    _land_days(ground)
    rows = ground.query(ROWS)
    ledger = {
        table: ground.query(f"select * from {table} order by all")
        for table in ("files", "file_dates", "rejects")
    }
    newest = _batches(ground)[-1]
    done = compact(ground.data, Options())
    assert (done.batches_before, done.batches_after) == (5, 1)
    assert _batches(ground) == [newest]
    assert ground.query(ROWS) == rows and len(rows) == 5
    for table, before in ledger.items():
        assert ground.query(f"select * from {table} order by all") == before
    assert ground.land().batch_ids == []
    ground.drop(f"{REQUESTS}/6.jsonl", GOOD % (6, "r6"))
    assert ground.land().batch_ids[0] > newest


def test_rows_of_a_compacted_batch_lie_in_the_order_of_their_time(ground):
    for day in (3, 1, 2):
        ground.drop(f"{REQUESTS}/{day}.jsonl", GOOD % (day, f"r{day}"))
        ground.land()
    compact(ground.data, Options())
    assert ground.query("select request_id from api_requests") == [("r1",), ("r2",), ("r3",)]


def test_large_batches_stay_as_they_are(ground, monkeypatch):
    _land_days(ground, 3)
    before = ground.content()
    monkeypatch.setattr(rewriting, "COMPACT_BYTES", 1)
    done = compact(ground.data, Options())
    assert (done.batches_before, done.batches_after) == (3, 3)
    assert ground.content() == before


def test_rows_past_their_time_expire_and_the_ledger_says_so(ground):
    today = datetime.now(UTC).replace(tzinfo=None)
    for age in (1, 400):
        time = (today - timedelta(days=age)).isoformat()
        line = {"requested_at": time, "status_code": 200, "request_id": str(age)}
        ground.drop(f"{REQUESTS}/{age}.jsonl", json.dumps(line) + "\noops\n")
        ground.land()
    ground.drop("crm/contacts/a.jsonl", '{"contact_id":"c","email":"a@b.example"}')
    ground.land()
    done = compact(ground.data, Options(raw_retention_days=365))
    assert done.rows_removed == {"api_gateway.api_requests": 1}
    assert ground.query("select request_id from api_requests") == [("1",)]
    assert ground.value("select count(*) from contacts") == 1
    assert ground.query("select path, reason, rows_removed from removals") == [
        (f"{REQUESTS}/400.jsonl", "expired", 1)
    ]
    assert ground.value("select count(*) from files") == 3
    assert sorted(rows for _, rows in ground.query(BY_LEDGER)) == [0, 1]
    # The file is known, so its rows do not come back; the young rejects keep their texts.
    assert ground.land().batch_ids == []
    assert ground.query("select distinct raw_text from rejects") == [("oops",)]
    assert compact(ground.data, Options(raw_retention_days=365)).rows_removed == {}


def test_old_rejects_lose_their_texts_and_keep_their_reasons(ground, monkeypatch):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD % (1, "r1") + "oops\n")
    ground.land()

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=40)

    monkeypatch.setattr(rewriting, "datetime", Later)
    compact(ground.data, Options(raw_retention_days=30))
    assert ground.query("select reason, raw_text from rejects") == [
        ("the line is not a JSON object", None)
    ]


def test_a_withdrawn_file_is_read_anew(ground):
    bad = ground.drop(f"{REQUESTS}/bad.jsonl", GOOD % (1, "r1") + "oops\n")
    ground.drop(f"{REQUESTS}/good.jsonl", GOOD % (2, "r2"))
    ground.land()
    done = withdraw(ground.data, [f"landing/{REQUESTS}/bad.jsonl"])
    assert done.rows_removed == {"api_gateway.api_requests": 1}
    assert ground.query("select request_id from api_requests") == [("r2",)]
    assert ground.query("select path from files") == [(f"{REQUESTS}/good.jsonl",)]
    assert ground.query("select count(*) from rejects") == [(0,)]
    assert ground.query(
        "select path, reason, sum(rows_removed), sum(rejects_removed) from removals group by all"
    ) == [(f"{REQUESTS}/bad.jsonl", "withdrawn", 1, 1)]
    assert ground.land().rows_landed == 1
    assert ground.value("select count(*) from api_requests") == 2
    assert [rows for _, rows in ground.query(BY_LEDGER)] == [1, 1]
    bad.unlink()
    withdraw(ground.data, [f"{REQUESTS}/bad.jsonl"])
    assert ground.land().batch_ids == []
    assert ground.query("select request_id from api_requests") == [("r2",)]


def test_a_file_with_nothing_but_rejects_can_be_withdrawn(ground):
    ground.drop(f"{REQUESTS}/bad.jsonl", "oops\n")
    ground.land()
    withdraw(ground.data, [f"{REQUESTS}/bad.jsonl"])
    assert ground.query("select count(*) from rejects") == [(0,)]
    assert ground.query("select rows_removed, rejects_removed from removals") == [(0, 1)]


def test_a_file_that_was_never_landed_cannot_be_withdrawn(ground):
    _land_days(ground, 1)
    with pytest.raises(LandingError, match="x was never landed; name a file as"):
        withdraw(ground.data, ["x"])


@pytest.mark.parametrize("moment", ["_write", "publish_version", "_switch", "shutil.rmtree"])
def test_a_crash_leaves_the_old_version_or_the_new_one(ground, moment):
    _land_days(ground)
    rows = ground.query(ROWS)
    crash = f"""
import os, shutil
from pathlib import Path
from orchestration.landing import compact, Options, raw, rewriting
from orchestration.settings import DataFolder
def die(*arguments, **options):
    os._exit(9)
owner = {{"_write": rewriting.Rewriter, "shutil.rmtree": None}}.get({moment!r}, raw.RawFolder)
if owner:
    setattr(owner, {moment!r}, die)
else:
    raw.shutil.rmtree = die
compact(DataFolder(Path({str(ground.data.root)!r})), Options())
"""
    assert subprocess.run([sys.executable, "-c", crash], cwd=PROJECT).returncode == 9
    assert ground.query(ROWS) == rows
    assert ground.land().batch_ids == []
    assert ground.query(ROWS) == rows
    assert [path.name for path in ground.data.raw.glob(".incoming-*")] == []
    assert len(list((ground.data.raw / "versions").iterdir())) == 1
    compact(ground.data, Options())
    assert (ground.query(ROWS), len(_batches(ground))) == (rows, 1)


def test_a_raw_folder_of_format_1_is_upgraded(ground):
    _land_days(ground, 2)
    rows, dates = ground.query(ROWS), ground.query("select * from file_dates order by all")
    raw = ground.data.raw
    # As format 1 had it: batches is a folder, the ledger has no file_dates.
    current = (raw / "batches").resolve()
    (raw / "batches").unlink()
    current.rename(raw / "batches")
    (raw / "versions").rmdir()
    for folder in raw.glob("batches/*/landing/*"):
        if folder.name in ("file_dates", "removals", "repeats"):
            shutil.rmtree(folder)
    stored = json.loads((raw / "format.json").read_text())
    (raw / "format.json").write_text(json.dumps(stored | {"format_version": 1}))
    (raw / "batches" / EMPTY_BATCH / "contract.json").write_text("{}")

    assert ground.land().batch_ids == []
    assert ground.query(ROWS) == rows
    assert ground.query("select * from file_dates order by all") == dates
    assert json.loads((raw / "format.json").read_text())["format_version"] == FORMAT_VERSION
    content = ground.content()
    ground.land()
    assert ground.content() == content


def test_a_crash_while_format_1_is_upgraded_is_mended(ground):
    _land_days(ground, 1)
    rows = ground.query(ROWS)
    (ground.data.raw / "batches").unlink()
    assert ground.land().batch_ids == []
    assert ground.query(ROWS) == rows


def test_a_raw_folder_of_a_later_version_is_left_alone(ground):
    _land_days(ground, 1)
    stored = ground.data.raw / "format.json"
    stored.write_text(
        json.dumps(json.loads(stored.read_text()) | {"format_version": FORMAT_VERSION + 1})
    )
    (ground.data.raw / ".incoming-of-another").mkdir()
    before = ground.content()
    with pytest.raises(LandingError, match="has format 4; this version of North Star knows up to"):
        ground.land()
    with pytest.raises(LandingError, match="has format 4"):
        compact(ground.data, Options())
    assert ground.content() == before
    assert (ground.data.raw / ".incoming-of-another").exists()
