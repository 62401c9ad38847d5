"""A file counts once, a batch appears whole, and landing again goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from datetime import date, datetime
from threading import Timer

import pytest

from orchestration.landing import LandingError, Options, land, landing
from orchestration.landing.raw import EMPTY_BATCH, RawFolder
from orchestration.settings import PROJECT

REQUESTS = "api_gateway/api_requests"
GOOD = '{"requested_at":"2026-03-01T10:00:00Z","status_code":200}\n'


def test_a_file_delivered_twice_changes_nothing(ground):
    first = ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    before = ground.content()
    assert ground.land().batch_ids == []
    ground.drop(f"{REQUESTS}/under/another/name.json", GOOD)
    os.utime(first, (1, 1))
    assert ground.land().batch_ids == []
    assert ground.content() == before


def test_equal_files_in_one_landing_land_once(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.drop(f"{REQUESTS}/b.jsonl", GOOD)
    assert ground.land().rows_landed == 1
    assert ground.query("select path from files") == [(f"{REQUESTS}/a.jsonl",)]


def test_content_known_from_another_table_is_said_aloud(ground):
    ground.drop("crm/contacts/a.jsonl", GOOD)
    ground.land()
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    result = ground.land()
    assert result.batch_ids == []
    assert f"{REQUESTS}/a.jsonl (as crm.contacts)" in result.warnings[0]


def test_an_unchanged_file_is_not_read_again(ground, monkeypatch):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    monkeypatch.setattr(landing, "survey", lambda file: pytest.fail(f"{file.shown} was read"))
    assert ground.land().batch_ids == []


def test_a_file_that_grew_is_landed_again_as_another(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD * 2)
    assert ground.land().rows_landed == 2


def test_a_file_written_to_while_being_read_is_left_for_the_next_time(ground, monkeypatch):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    growing = ground.drop(f"{REQUESTS}/b.jsonl", GOOD * 2)
    settle = landing._Landing._settle

    def grow(self, *arguments):
        growing.write_text(GOOD * 3)
        return settle(self, *arguments)

    monkeypatch.setattr(landing._Landing, "_settle", grow)
    result = ground.land()
    assert result.rows_landed == 1
    assert "b.jsonl" in result.warnings[0]
    monkeypatch.setattr(landing._Landing, "_settle", settle)
    assert ground.land().rows_landed == 3


def test_a_file_that_is_still_written_to_is_left_for_the_next_time(ground):
    file = ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.drop(f"{REQUESTS}/b.jsonl", GOOD * 2)

    writer = Timer(0.3, file.write_text, [GOOD * 9])
    writer.start()
    result = land(ground.data, ground.progress.append, Options(quiet_seconds=1))
    writer.join()
    assert f"written to a moment ago: {REQUESTS}/a.jsonl" in " ".join(result.warnings)
    assert ground.land().rows_landed + result.rows_landed == 11


def test_an_old_file_is_not_waited_for(ground):
    os.utime(ground.drop(f"{REQUESTS}/a.jsonl", GOOD), (1, 1))
    before = time.monotonic()
    assert land(ground.data, ground.progress.append, Options(quiet_seconds=60)).rows_landed == 1
    assert time.monotonic() - before < 30


def test_a_file_that_grew_after_it_was_landed_is_named(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.drop(f"{REQUESTS}/b.jsonl", GOOD * 2)
    ground.land()
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD * 3)
    ground.drop(f"{REQUESTS}/b.jsonl", GOOD.replace("200", "201") * 4)  # another file by that name
    (warning,) = ground.land().warnings
    assert f"Grown since it was landed: {REQUESTS}/a.jsonl." in warning


def test_a_landing_is_several_batches_and_a_crash_loses_one(ground, monkeypatch):
    monkeypatch.setattr(landing, "BATCH_BYTES", 1)
    for number in range(4):
        ground.drop(f"{REQUESTS}/{number}.jsonl", GOOD * (number + 1))
    publish = RawFolder.publish
    ground.drop("crm/contacts/a.jsonl", '{"contact_id":"c","email":"a@b.example"}')
    assert len(ground.land().batch_ids) == 5
    for number in range(4):
        ground.drop(f"{REQUESTS}/{number}.jsonl", GOOD.replace("200", "201") * (number + 1))
    before = ground.value("select count(*) from files")
    calls = []

    def fail_at_the_second(self, batch_id):
        calls.append(batch_id)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(self.root))
        publish(self, batch_id)

    monkeypatch.setattr(RawFolder, "publish", fail_at_the_second)
    with pytest.raises(LandingError, match="No space left on device"):
        ground.land()
    assert ground.value("select count(*) from files") == before + 1
    monkeypatch.setattr(RawFolder, "publish", publish)
    assert len(ground.land().batch_ids) == 3
    assert ground.value("select count(*) from api_requests") == 20


def test_the_ledger_says_what_was_landed(ground):
    content = GOOD + GOOD.replace("03-01", "03-04") + "oops\n"
    file = ground.drop(f"{REQUESTS}/a.jsonl", content)
    os.utime(file, (1_700_000_000, 1_700_000_000.25))
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    ground.drop("sample.json", json.dumps({"files": [{"path": "x", "sha256": sha256}]}))
    ground.drop("crm/contacts/a.jsonl", '{"contact_id":"c","email":"a@b.example"}')
    result = ground.land()
    batch_time = datetime.strptime(result.batch_ids[0], "%Y%m%dT%H%M%S%fZ")
    ledger = ground.query("select * exclude modified_at from files where source_name <> 'crm'")
    assert ledger == [
        (
            sha256,
            result.batch_ids[0],
            "api_gateway",
            "api_requests",
            f"{REQUESTS}/a.jsonl",
            "jsonl",
            len(content),
            3,
            2,
            1,
            0,
            datetime(2026, 3, 1, 10),
            datetime(2026, 3, 4, 10),
            True,
            batch_time,
        )
    ]
    assert ground.query(
        "select first_event_at, is_sample from files where source_name = 'crm'"
    ) == [(None, False)]
    assert ground.value("select modified_at from files where is_sample") == datetime(
        2023, 11, 14, 22, 13, 20, 250_000
    )
    assert ground.query("select * from file_dates order by event_date") == [
        (sha256, "api_gateway", "api_requests", date(2026, 3, day), 1, batch_time) for day in (1, 4)
    ]
    assert ground.query("select distinct _landed_at, _file_hash from api_requests") == [
        (batch_time, sha256)
    ]


def test_batch_ids_rise_even_if_the_clock_falls_back(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    first = ground.land().batch_ids[0]
    later, _ = RawFolder(ground.data.raw).next_batch_id(datetime(2001, 1, 1))
    assert later > first > EMPTY_BATCH
    assert len(later) == len(first) == len(EMPTY_BATCH)


@pytest.mark.parametrize("moment", ["_write_rows", "_write_ledger", "publish"])
def test_a_crash_before_the_rename_leaves_nothing(ground, moment):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    ground.drop(f"{REQUESTS}/b.jsonl", GOOD * 3)
    crash = f"""
import os
from pathlib import Path
from orchestration.landing import landing, raw
from orchestration.settings import DataFolder
owner = raw.RawFolder if {moment!r} == "publish" else landing._Landing
setattr(owner, {moment!r}, lambda *arguments: os._exit(9))
landing.land(DataFolder(Path({str(ground.data.root)!r})))
"""
    assert subprocess.run([sys.executable, "-c", crash], cwd=PROJECT).returncode == 9
    assert list(ground.data.raw.glob(".incoming-*"))
    assert ground.value("select count(*) from api_requests") == 1
    assert ground.land().rows_landed == 3
    assert not list(ground.data.raw.glob(".incoming-*"))
    assert ground.value("select count(*) from api_requests") == 4
    assert ground.value("select count(*) from files") == 2


def test_an_error_before_the_rename_leaves_nothing(ground, monkeypatch):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    settle = landing._Landing._settle

    def miscount(self, *arguments):
        kept = settle(self, *arguments)
        for scanned in kept:
            scanned.rows_read += 1
        return kept

    monkeypatch.setattr(landing._Landing, "_settle", miscount)
    with pytest.raises(LandingError, match="of 2 rows 1 were landed and 0 rejected"):
        ground.land()
    assert not list(ground.data.raw.glob(".incoming-*"))
    assert [folder.name for folder in (ground.data.raw / "batches").iterdir()] == [EMPTY_BATCH]


def test_files_are_read_in_bounded_groups(ground, monkeypatch):
    monkeypatch.setattr(landing, "GROUP_FILES", 3)
    for number in range(8):
        ground.drop(f"{REQUESTS}/{number}.jsonl", GOOD * (number + 1))
    result = ground.land()
    assert result.rows_landed == 36
    batch = ground.data.raw / "batches" / result.batch_ids[0] / REQUESTS
    assert sorted(file.name for file in batch.iterdir()) == ["0.parquet", "1.parquet", "2.parquet"]
    assert len(ground.progress) == 3


def test_nothing_to_land_says_what_was_expected(ground):
    with pytest.raises(LandingError, match=r"landing/api_gateway/api_requests/.*no file at all"):
        ground.land()
    ground.drop("api_gateway/requests/a.jsonl", GOOD)
    ground.drop("lost.jsonl", GOOD)
    with pytest.raises(LandingError, match=r"api_gateway/requests/, lost\.jsonl"):
        ground.land()
    assert not ground.data.raw.exists()


def test_an_empty_landing_is_fine_once_something_was_landed(ground):
    file = ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    file.unlink()
    assert ground.land().batch_ids == []


def test_a_changed_contract_renews_the_empty_batch(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.land()
    described = ground.data.raw / "batches" / EMPTY_BATCH / "contract.json"
    described.write_text("{}")
    ground.land()
    assert "api_gateway/api_requests" in json.loads(described.read_text())
    assert ground.query("select plan from companies") == []


def test_raw_is_readable_by_its_owner_only(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD + "oops\n")
    ground.land()
    for path in (ground.data.raw, *ground.data.raw.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
