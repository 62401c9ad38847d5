"""The list of repeats holds each row that may be a duplicate, once, and none that is gone."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import (
    Options,
    compact,
    contract,
    erasing,
    forget,
    landing,
    repeats,
    rewriting,
    withdraw,
)
from orchestration.landing.batch import EMPTY_BATCH
from orchestration.landing.contract import read_contract
from orchestration.landing.raw import FORMAT_VERSION
from orchestration.settings import PROJECT
from tests.landing.ground import KEY, Ground
from tests.landing.packing import pack
from tests.landing.test_any_split_any_order import REPEATABLE

REQUESTS = "api_gateway/api_requests"
LISTED = """
    select path, repeats.row_number
    from repeats inner join files using (file_hash)
    order by all
"""


def _row(moment: str, request_id: str | None = None, **more: object) -> str:
    moment += ":00" * (":" not in moment)
    row = {"requested_at": f"2026-03-{moment}Z", "status_code": 200, "request_id": request_id}
    return json.dumps(row | more) + "\n"


def _drop(ground: Ground, name: str, *rows: str) -> str:
    ground.drop(f"{REQUESTS}/{name}.jsonl", "".join(rows))
    return f"{REQUESTS}/{name}.jsonl"


def _listed(ground: Ground) -> set[tuple[str, int]]:
    """Files, without folder and ending, and numbers of the rows that are listed."""
    found = ground.query(LISTED) if _has_list(ground) else []
    assert len(set(found)) == len(found), "a row is listed twice"
    return {(path.split("/")[-1].split(".")[0], number) for path, number in found}


def _has_list(ground: Ground) -> bool:
    return any((ground.data.raw / "batches").glob("*/landing/repeats/*.parquet"))


def _as_wanted(ground: Ground) -> set[tuple[str, str, int]]:
    """Rows of request logs that share date and id, or content, by looking at each of them."""
    wanted = set()
    for table, event_time, id_ in (
        ("api_requests", "requested_at", "request_id"),
        ("events", "event_time", "event_id"),
    ):
        groups = defaultdict(list)
        for moment, known_by, file_hash, number, *values in ground.query(
            f"select {event_time}, {id_}, _file_hash, _row_number, "
            f"* exclude (_file_hash, _row_number, _landed_at) from {table}"
        ):
            key = (moment.date(), known_by) if known_by is not None else tuple(values)
            groups[known_by is not None, key].append((table, file_hash, number))
        wanted |= {place for group in groups.values() if len(group) > 1 for place in group}
    return wanted


def _check(ground: Ground) -> set[tuple[str, str, int]]:
    """Holds the list to what it has to be; returns it."""
    found = ground.query("select table_name, file_hash, row_number from repeats")
    listed = set(found)
    assert len(listed) == len(found), "a row is listed twice"
    assert _as_wanted(ground) <= listed
    rows = ground.query(
        "select 'api_requests', _file_hash, _row_number from api_requests union all "
        "select 'events', _file_hash, _row_number from events"
    )
    assert listed <= set(rows), "a row is listed that is gone"
    return listed


def test_rows_of_a_file_that_share_date_and_id_are_listed(ground):
    _drop(
        ground, "a", _row("01T10", "x"), _row("01T11", "y"), "oops\n", _row("01T12", "x", path="/")
    )
    ground.land()
    assert _listed(ground) == {("a", 1), ("a", 4)}
    _check(ground)


def test_the_list_says_what_is_known_of_a_row(ground):
    _drop(ground, "a", _row("01T10", "x"), _row("01T12:30:00.5", "x", status_code=429))
    (batch,) = ground.land().batch_ids
    landed_at = datetime.strptime(batch, "%Y%m%dT%H%M%S%fZ")
    day = datetime(2026, 3, 1)
    assert ground.query(
        "select * exclude (file_hash, content_hash) from repeats order by row_number"
    ) == [
        (1, "api_gateway", "api_requests", "x", 200, day.date(), day.replace(hour=10), landed_at),
        (
            *(2, "api_gateway", "api_requests", "x", 429, day.date()),
            *(day.replace(hour=12, minute=30, microsecond=500_000), landed_at),
        ),
    ]


def test_a_log_without_status_has_none_in_the_list(ground):
    event = {"eventID": "e", "eventTime": "2026-03-01T10:00:00Z"}
    ground.drop("cloudtrail/a.json", json.dumps({"Records": [event, event]}))
    ground.land()
    assert ground.query(
        "select source_name, table_name, request_id, status_code from repeats"
    ) == 2 * [("cloudtrail", "events", "e", None)]


def test_equal_rows_have_equal_hashes_whenever_they_come_and_other_rows_others(ground):
    same = _row("01T10", None, latency_ms=0.1, is_success=True, path="/a")
    _drop(
        ground, "a", same, same, _row("01T10", None, latency_ms=0.1, is_success=True, method="/a")
    )
    _drop(ground, "b", _row("01T11", "x"))
    ground.land()
    _drop(ground, "c", same, _row("01T11", "x", path="/b"))
    ground.land()
    hashes = dict(
        ground.query(
            "select content_hash, list(row_number order by row_number) from repeats group by 1"
        )
    )
    assert sorted(hashes.values()) == [[1], [1, 1, 2], [2]]
    # As any program can compute it, now and later.
    values = (
        *("is_success=true", "latency_ms=0.10000000000000001", "path=/a"),
        *("requested_at=1772359200000000", "status_code=200"),
    )
    assert hashlib.md5("\x1f".join(values).encode()).hexdigest() in hashes


def test_rows_of_two_files_and_of_two_parts_of_a_batch_are_listed(ground, monkeypatch):
    monkeypatch.setattr(landing, "GROUP_FILES", 1)
    _drop(ground, "a", _row("01T10", "x"), _row("02T10", "y"))
    _drop(ground, "b", _row("01T12", "x"), _row("02T10", "z"))
    (batch,) = ground.land().batch_ids
    assert len(list((ground.data.raw / "batches" / batch / REQUESTS).iterdir())) == 2
    assert _listed(ground) == {("a", 1), ("b", 1)}


def test_a_row_that_comes_later_lists_the_one_before_once(ground):
    _drop(ground, "a", _row("01T10", "x"), _row("01T10", "y"))
    ground.land()
    assert _listed(ground) == set()
    for name, hour in {"b": 9, "c": 10, "d": 23}.items():
        _drop(ground, name, _row(f"01T{hour:02d}", "x"))
        ground.land()
    assert _listed(ground) == {("a", 1), ("b", 1), ("c", 1), ("d", 1)}


def test_a_late_row_of_a_date_long_gone_is_compared_with_that_date(ground):
    for day in range(1, 10):
        _drop(ground, f"day{day}", _row(f"0{day}T10", "x"), _row(f"0{day}T10", f"{day}"))
        ground.land()
    _drop(ground, "late", _row("09T01", "new"), _row("03T23:59:59", "x"), _row("01T00", "x"))
    ground.land()
    assert _listed(ground) == {("day1", 1), ("day3", 1), ("late", 2), ("late", 3)}


def test_across_midnight_an_id_is_another_request(ground):
    _drop(ground, "a", _row("01T23:59:59.999999", "x"), _row("02T00:00:00", "x"))
    ground.land()
    _drop(ground, "b", _row("03T00:00:00", "x"))
    ground.land()
    assert _listed(ground) == set()
    # The same instant, written in another zone, is of the date in UTC.
    ground.drop(
        f"{REQUESTS}/c.jsonl",
        '{"requested_at":"2026-03-02T00:30:00+01:00","status_code":200,"request_id":"x"}',
    )
    ground.land()
    assert _listed(ground) == {("a", 1), ("c", 1)}


def test_without_an_id_equal_content_makes_a_repeat(ground):
    _drop(
        *(ground, "a", _row("01T10"), _row("01T10", path="/"), _row("01T10", "x")),
        *(_row("01T11"), _row("01T10")),
    )
    ground.land()
    assert _listed(ground) == {("a", 1), ("a", 5)}
    _drop(ground, "b", _row("01T10", path="/"), _row("01T11", path="/"))
    ground.land()
    assert _listed(ground) == {("a", 1), ("a", 2), ("a", 5), ("b", 1)}


def test_a_column_that_came_later_changes_no_row_that_is_without_it(ground):
    _drop(ground, "a", _row("01T10"), _row("01T10"))
    ground.land()
    file = next((ground.data.raw / "batches").glob(f"2*/{REQUESTS}/*.parquet"))
    (former,) = {hashed for (hashed,) in ground.query("select content_hash from repeats")}
    # As if it had been landed before there were sampled logs, and integers were another type.
    ground.query(
        f"copy (select * exclude sample_rate replace (status_code::bigint as status_code) "
        f"from '{file}') to '{file}.new' (format parquet)"
    )
    file.with_name(f"{file.name}.new").rename(file)
    _drop(ground, "b", _row("01T10"), _row("01T11"))
    ground.land()
    assert _listed(ground) == {("a", 1), ("a", 2), ("b", 1)}
    assert ground.query("select distinct content_hash from repeats") == [(former,)]


def test_other_tables_have_no_repeats(ground):
    ground.drop("crm/contacts/a.jsonl", '{"contact_id":"c","email":"a@b.example"}\n' * 2)
    ground.land()
    assert not any((ground.data.raw / "batches").glob("2*/landing/repeats"))


def test_dates_are_compared_in_bounded_numbers(ground, monkeypatch):
    compared = []
    compare = repeats._Log._compare

    def note(self, *arguments):
        compared.append(arguments[-2:])
        return compare(self, *arguments)

    monkeypatch.setattr(repeats, "_MOST_ROWS", 4)
    monkeypatch.setattr(repeats._Log, "_compare", note)
    ids = ("x", "y", "x")
    _drop(ground, "a", *(_row(f"0{day}T10", id_) for day in (1, 2, 3, 4) for id_ in ids))
    _drop(ground, "b", _row("28T10", "x"), '{"requested_at":"2000-01-01","status_code":200}\n')
    ground.land()
    assert _listed(ground) == {("a", number) for number in (1, 3, 4, 6, 7, 9, 10, 12)}
    spans = sorted(set(compared))
    assert len(spans) == 6
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_what_is_withdrawn_leaves_the_list_and_comes_back_to_it(ground):
    a = _drop(ground, "a", _row("01T10", "x"), _row("01T10"))
    ground.land()
    b = _drop(ground, "b", _row("01T11", "x"), _row("01T10"), _row("02T10", "b"))
    ground.land()
    both = {("a", 1), ("a", 2), ("b", 1), ("b", 2)}
    assert _listed(ground) == both
    # The rows of the first file are listed by the batch of the second.
    withdraw(ground.data, [a])
    _check(ground)
    assert _listed(ground) <= {("b", 1), ("b", 2)}
    ground.land()
    assert _listed(ground) == both
    withdraw(ground.data, [b])
    _check(ground)
    ground.land()
    assert _listed(ground) == both
    _check(ground)


def test_compaction_keeps_the_list(ground):
    for name in ("a", "b", "c"):
        _drop(ground, name, _row("01T10", "x"), _row("01T11", name))
        ground.land()
    before = ground.query("select * from repeats order by all")
    assert len(before) == 3
    compact(ground.data, Options())
    assert ground.query("select * from repeats order by all") == before
    _drop(ground, "d", _row("01T12", "a"), _row("01T12", "x"))
    ground.land()
    assert _listed(ground) == {("a", 1), ("a", 2), ("b", 1), ("c", 1), ("d", 1), ("d", 2)}


def test_rows_past_their_retention_leave_the_list(ground):
    now = datetime.now(UTC)
    for name in ("a", "b"):
        _drop(
            ground,
            name,
            *(
                json.dumps(
                    {
                        "requested_at": f"{now - timedelta(days=days):%Y-%m-%dT12:00}:00Z",
                        "status_code": 200,
                        "request_id": "x",
                        "path": f"/{name}",
                    }
                )
                + "\n"
                for days in (9, 1)
            ),
        )
        ground.land()
    assert _listed(ground) == {("a", 1), ("a", 2), ("b", 1), ("b", 2)}
    compact(ground.data, Options(raw_retention_days=5))
    assert _listed(ground) == {("a", 2), ("b", 2)}
    _check_requests(ground)


def _check_requests(ground: Ground) -> None:
    rows = ground.query("select _file_hash, _row_number from api_requests")
    assert set(ground.query("select file_hash, row_number from repeats")) <= set(rows)


def _as_format_2(ground: Ground) -> None:
    for folder in (ground.data.raw / "batches").glob("*/landing/repeats"):
        shutil.rmtree(folder)
    file = ground.data.raw / "format.json"
    stored = json.loads(file.read_text())
    del stored["definition_of_repeats"]
    file.write_text(json.dumps(stored | {"format_version": 2}))
    (ground.data.raw / "batches" / EMPTY_BATCH / "contract.json").write_text("{}")


@pytest.fixture
def grown(ground: Ground) -> Ground:
    """Three batches with repeats within and between them."""
    for name in ("a", "b", "c"):
        _drop(
            *(ground, name, _row("01T10", "x"), _row("01T10"), _row("01T10", name)),
            *(_row("02T10", name), _row("02T11", name)),
        )
        ground.land()
    return ground


def test_the_list_of_what_was_landed_before_there_was_one_is_made(grown):
    before = grown.query("select * from repeats order by all")
    assert len(before) == 12
    _as_format_2(grown)
    assert not _has_list(grown)
    assert grown.land().batch_ids == []
    assert grown.query("select * from repeats order by all") == before
    stored = json.loads((grown.data.raw / "format.json").read_text())
    assert stored["format_version"] == FORMAT_VERSION == 3
    content = grown.content()
    grown.land()
    assert grown.content() == content


@pytest.mark.parametrize("moment", ["list_all_repeats", "publish_version", "_switch", "store_key"])
def test_a_crash_while_the_list_is_made_is_mended(grown, moment):
    before = grown.query("select * from repeats order by all")
    _as_format_2(grown)
    crash = f"""
import os
from pathlib import Path
from orchestration.landing import landing, raw
from orchestration.settings import DataFolder
owner = raw if {moment!r} == "list_all_repeats" else raw.RawFolder
setattr(owner, {moment!r}, lambda *arguments: os._exit(9))
landing.land(DataFolder(Path({str(grown.data.root)!r})))
"""
    assert subprocess.run([sys.executable, "-c", crash], cwd=PROJECT).returncode == 9
    grown.land()
    assert grown.query("select * from repeats order by all") == before
    assert [path.name for path in grown.data.raw.glob(".incoming-*")] == []


def test_another_definition_of_repeats_makes_the_list_anew(grown):
    before = grown.query("select * from repeats order by all")
    file = grown.data.raw / "format.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"definition_of_repeats": "other"}))
    for listed in (grown.data.raw / "batches").glob("2*/landing/repeats"):
        shutil.rmtree(listed)
    grown.land()
    assert grown.query("select * from repeats order by all") == before


@pytest.mark.parametrize("change", ["request_id", "status", "a column's type"])
def test_the_definition_of_repeats_is_what_they_are_told_by(change):
    tables = read_contract().tables
    (log,) = (table for table in tables if table.label == "api_gateway.api_requests")
    changed = {
        "request_id": replace(log, request_id=None),
        "status": replace(log, status=None),
        "a column's type": replace(
            log, columns=(replace(log.columns[0], data_type="bigint"), *log.columns[1:])
        ),
    }[change]
    assert repeats.definition_of_repeats([changed]) != repeats.definition_of_repeats([log])
    assert repeats.definition_of_repeats(tables) == repeats.definition_of_repeats(tables[::-1])


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[tuple[str, list[dict]]]]:
    """Landings of files of few ids, days and contents, so that much is alike."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    landings = []
    for number in range(draw(st.integers(1, 4))):
        files = []
        for part in range(draw(st.integers(1, 3))):
            ending = draw(st.sampled_from(("jsonl", "csv", "parquet")))
            rows = [
                {
                    "requested_at": f"2026-03-{chance.randrange(1, 4):02d}T"
                    f"{chance.choice(('00:00:00', '23:59:59.999999', '12:00:00'))}Z",
                    "status_code": chance.choice((200, 500)),
                    "request_id": chance.choice((None, None, *"abcdefghij")),
                    "path": chance.choice((None, "/", f"/{number}/{part}")),
                    "latency_ms": chance.choice((None, 0.1)),
                }
                for _ in range(chance.randrange(1, 12))
            ]
            files.append((f"{number}-{part}.{ending}", rows))
        landings.append(files)
    return landings


@settings(REPEATABLE, max_examples=5)
@given(landings=deliveries(), upkeep=st.lists(st.sampled_from(("compact", "withdraw", "old", ""))))
def test_however_rows_are_delivered_the_list_holds_every_repeat(landings, upkeep):
    os.environ["NORTH_STAR_TOKEN_KEY"] = KEY
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder))
        event = {"eventID": "e", "eventTime": "2026-03-01T10:00:00Z"}
        ground.drop("cloudtrail/a.json", json.dumps({"Records": [event, event]}))
        steps = [*upkeep, *[""] * len(landings)]
        for files, step in zip(landings, steps, strict=False):
            for name, rows in files:
                ground.drop(f"{REQUESTS}/{name}", pack(name.split(".")[-1], rows, list(rows[0])))
            ground.land()
            listed = _check(ground)
            if step == "compact":
                compact(ground.data, Options())
                assert _check(ground) == listed
            if step == "withdraw":
                withdraw(ground.data, [f"{REQUESTS}/{files[0][0]}"])
                _check(ground)
            if step == "old":
                _as_format_2(ground)
        ground.land()
        _check(ground)


def test_rows_that_a_pseudonym_makes_equal_are_listed(ground, monkeypatch):
    """A log may name people, whose pseudonyms are the same in whichever case they are written."""
    plain = read_contract()
    (log,) = (table for table in plain.tables if table.label == "api_gateway.api_requests")
    naming = replace(
        log,
        columns=tuple(
            replace(column, person="developer") if column.name == "application_id" else column
            for column in log.columns
        ),
    )
    tables = tuple(naming if table == log else table for table in plain.tables)
    changed = replace(plain, tables=tables)
    for module in (contract, landing, erasing, rewriting):
        monkeypatch.setattr(module, "read_contract", lambda: changed)
    rows = [_row("01T10", None, application_id=name) for name in ("Jane", "jane", "June")]
    _drop(ground, "a", *rows, _row("01T12", "x", application_id="jane"))
    ground.land()
    assert _listed(ground) == set()
    forget(ground.data, ["jane"])
    assert _listed(ground) == {("a", 1), ("a", 2)}
    assert "jane" not in str(ground.query("select * from repeats")).lower()
