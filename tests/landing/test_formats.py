"""The same rows, whatever they are packed in."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import landing, scan
from orchestration.landing.secrets import TokenKey
from tests.landing.ground import KEY, Ground

REQUESTS = "api_gateway/api_requests"
ROWS = [
    {
        "request_id": f"r{number}",
        "requested_at": f"2026-03-0{1 + number % 9}T10:00:00.{number:03d}Z",
        "token": f"sk_live_{number % 3:024d}",
        "method": "GET",
        "path": f"/v1/things/{number}?cursor=abc",
        "status_code": 200 + number % 2,
        "latency_ms": number / 4,
        "user_agent": 'say "hello", world' if number % 2 else None,
        "is_success": number % 5 == 0,
    }
    for number in range(40)
]


def _lines() -> str:
    return "".join(json.dumps(row) + "\n" for row in ROWS)


def _csv(delimiter: str = ",", end: str = "\n") -> str:
    def field(value: object) -> str:
        if value is None:
            return ""
        text = str(value)
        return '"' + text.replace('"', '""') + '"' if '"' in text or delimiter in text else text

    lines = [delimiter.join(ROWS[0])] + [delimiter.join(map(field, row.values())) for row in ROWS]
    return end.join(lines) + end


def _copy(file: Path, options: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    source = file.parent / "_source.jsonl"
    source.write_text(_lines())
    duckdb.sql(f"copy (select * from read_json('{source}')) to '{file}' ({options})")


def _as_landed(ground) -> list[tuple]:
    return ground.query(
        "select * exclude (_file_hash, _landed_at) from api_requests order by _row_number"
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple]:
    """What the plain file becomes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        ground = Ground(tmp_path_factory.mktemp("expected"))
        ground.drop(f"{REQUESTS}/a.jsonl", _lines())
        ground.land()
        rows = _as_landed(ground)
    assert [row[-1] for row in rows] == list(range(1, len(ROWS) + 1))
    return rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", _lines()),
        ("deeper/and/deeper/a.ndjson", _lines()),
        ("windows.jsonl", _lines().replace("\n", "\r\n")),
        ("mixed.jsonl", "\r\n".join(_lines().rsplit("\n", 7))),
        ("marked.jsonl", "\ufeff" + _lines()),
        ("unterminated.jsonl", _lines().rstrip("\n")),
        ("a[1]*{b}'.jsonl.gz", _lines()),
        ("a.csv", _csv()),
        ("semicolons.csv", _csv(";")),
        ("windows.csv", _csv(end="\r\n")),
        ("marked.csv", "\ufeff" + _csv()),
        ("a.csv.gz", _csv()),
    ],
)
def test_text_formats_give_equal_rows(ground, expected, name, content):
    ground.drop(f"{REQUESTS}/{name}", content)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (len(ROWS), 0)
    assert _as_landed(ground) == expected


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.parquet", "format parquet"),
        ("a.jsonl.zst", "format json, compression zstd"),
        ("a.csv.zst", "format csv, header, compression zstd"),
    ],
)
def test_formats_that_duckdb_writes_give_equal_rows(ground, expected, name, options):
    _copy(ground.data.landing / REQUESTS / name, options)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (len(ROWS), 0)
    assert _as_landed(ground) == expected


def test_many_files_of_one_table_number_their_own_rows(ground):
    for day in range(30):
        ground.drop(f"{REQUESTS}/{day}.jsonl.gz", _lines().replace(': "r', f': "d{day}r'))
    ground.land()
    assert ground.value("select count(*) from files where rows_landed = 40") == 30
    wrong = "_row_number <> split_part(request_id, 'r', 2)::bigint + 1"
    assert ground.value(f"select count(*) from api_requests where {wrong}") == 0


def test_rows_of_a_large_file_keep_their_line_numbers(ground):
    # More than one buffer of the reader (32 MB), so that both threads read.
    row = '{"requested_at":"2026-03-01","status_code":200,"path":"%s","request_id":"%d"}\n'
    ground.drop(f"{REQUESTS}/a.jsonl", "".join(row % ("x" * 2_000, n) for n in range(1, 20_001)))
    ground.land()
    same = "_row_number = request_id::bigint"
    assert ground.value(f"select count(*) from api_requests where {same}") == 20_000


def test_rows_of_a_log_that_are_out_of_order_are_sorted_by_time(ground, monkeypatch):
    monkeypatch.setattr(landing, "_ROW_GROUP", 8)
    ground.drop(f"{REQUESTS}/a.jsonl", _lines())
    ground.land()
    times = [time for (time,) in ground.query("select requested_at from api_requests")]
    assert times == sorted(times)


def test_query_strings_are_cut(ground):
    ground.drop(
        "website/page_views/a.jsonl",
        '{"occurred_at":"2026-03-01","path":"/docs?key=s#x","referrer":"https://a.example/#t=s"}\n'
        '{"occurred_at":"2026-03-01","path":"?key=s"}\n',
    )
    ground.land()
    assert ground.query("select path, referrer from page_views order by _row_number") == [
        ("/docs", "https://a.example/"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ('"2026-03-01T10:00:00Z"', "2026-03-01 10:00:00"),
        ('"2026-03-01T10:00:00"', "2026-03-01 10:00:00"),
        ('"2026-03-01 10:00:00.123456789"', "2026-03-01 10:00:00.123456"),
        ('"2026-03-01T10:00:00+02:00"', "2026-03-01 08:00:00"),
        ('"2026-03-01T10:00:00-0530"', "2026-03-01 15:30:00"),
        ('"2026-03-01T10:00Z"', "2026-03-01 10:00:00"),
        ('"2026-03-01T10:00:00,5 +01:00"', "2026-03-01 09:00:00.5"),
        ('"2026-03-01t10:00:00z"', "2026-03-01 10:00:00"),
        ('" 2026-03-01\\t"', "2026-03-01 00:00:00"),
        ("1772359200123", "2026-03-01 10:00:00.123"),
        ('"1772359200123"', "2026-03-01 10:00:00.123"),
        ("1772359200123.456", "2026-03-01 10:00:00.123456"),
        ("99999999999", "1973-03-03 09:46:39.999"),
    ],
)
def test_times_become_utc(ground, given, utc):
    ground.drop(f"{REQUESTS}/a.jsonl", f'{{"requested_at": {given}, "status_code": 200}}\n')
    ground.land()
    assert ground.value("select requested_at from api_requests") == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "given",
    [
        '"infinity"',
        '"epoch"',
        '"2026-02-30"',
        "1772359200",
        "-1772359200123",
        '"2026-03-01T10:00:00+99:00"',
        '"10:00"',
        '"2026-03-01 10:00:00 Europe/Berlin"',
        '"2026-03-01 (BC)"',
        "true",
    ],
)
def test_what_is_no_time_is_rejected(ground, given):
    ground.drop(f"{REQUESTS}/a.jsonl", f'{{"requested_at": {given}, "status_code": 200}}\n')
    assert ground.land().rows_rejected == 1
    assert "is not a time" in ground.value("select reason from rejects")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("200", 200),
        ('"200"', 200),
        ('" 200 "', 200),
        ("200.0", 200),
        ("2e2", 200),
        ("200.5", None),
        ('"2_00"', None),
        ('"0xC8"', None),
        ("99999999999", None),
        ("true", None),
    ],
)
def test_whole_numbers_are_not_rounded(ground, given, status):
    row = f'{{"requested_at": "2026-03-01", "status_code": {given}}}\n'
    ground.drop(f"{REQUESTS}/a.jsonl", row)
    ground.land()
    assert ground.query("select status_code from api_requests") == ([(status,)] if status else [])


def test_empty_tables_have_typed_columns(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", _lines())
    ground.land()
    assert ground.query("select plan, employee_count, _file_hash from companies") == []
    assert ground.query("select reason from rejects") == []
    types = dict(ground.query("select column_name, column_type from (describe companies)"))
    assert types["employee_count"] == types["_row_number"] == "BIGINT"
    assert types["created_at"] == types["_landed_at"] == "TIMESTAMP"


@pytest.mark.parametrize(("end", "border"), [(b"\n", 8_000_000), (b"\r\n", 8_000_000), (b"\n", 0)])
def test_a_line_that_ends_on_the_border_of_the_readers_buffers_is_followed_by_the_next(
    ground, end, border
):
    line = b'{"requested_at":"2026-03-01","status_code":200,"path":"%s"}'
    content = b"oops" + end  # so that the lines are read as lines
    if border:
        content += line % (b"x" * (border - len(content) - len(line) + 2)) + end
        assert content[border : border + 1] == end[:1]
    content += (line % b"/y" + end) * 3
    ground.drop(f"{REQUESTS}/a.jsonl", content)
    result = ground.land()
    expected = (3, 2) if border else (3, 1)
    assert (result.rows_landed, result.rows_rejected) == expected


def test_rows_are_the_same_whether_or_not_a_line_beside_them_is_bad(ground):
    # Files in which every line is a row are read in a faster way.
    given = [
        {"status_code": "200", "path": "/\u00e9?x", "token": "t", "latency_ms": 1},
        {"status_code": 200.0, "path": {"a": [1, None]}, "token": 7, "is_success": True},
        {"status_code": 2e2, "path": "", "token": " ", "user_agent": 'a"b\\c\n', "method": None},
        {
            "status_code": 404,
            "token_id": "x",
            "token": "y",
            "client_ip": "::1",
            "sample_rate": "0.10",
        },
        {"status_code": 500, "environment": 12345678901234567890123, "latency_ms": "1e3"},
    ]
    lines = [
        json.dumps({"requested_at": f"2026-03-0{n}T00:00:00Z", "request_id": f"{kind}{n}"} | row)
        for kind in ("clean", "mixed")
        for n, row in enumerate(given, start=1)
    ]
    ground.drop(f"{REQUESTS}/clean.jsonl", "\n".join(lines[: len(given)]))
    ground.drop(f"{REQUESTS}/mixed.jsonl", "\n".join([*lines[len(given) :], "oops"]))
    assert ground.land().rows_rejected == 1
    rows = {
        kind: ground.query(
            "select * exclude (request_id, _file_hash, _landed_at) from api_requests "
            f"where request_id like '{kind}%' order by request_id"
        )
        for kind in ("clean", "mixed")
    }
    assert rows["clean"] == rows["mixed"]
    assert len(rows["clean"]) == len(given)


def test_secrets_hashed_once_and_secrets_hashed_row_by_row_are_hashed_alike(ground, monkeypatch):
    monkeypatch.setattr(scan, "_SMALL_FILE_BYTES", 0)
    monkeypatch.setattr(scan, "_ROWS_TO_LEARN_FROM", 10)
    ground.drop(f"{REQUESTS}/a.jsonl", _lines())
    tokens = [f"late_{n}" for n in range(20)]
    more = [json.dumps(row | {"token": token}) for row, token in zip(ROWS, tokens, strict=False)]
    ground.drop(f"{REQUESTS}/b.jsonl", _lines() + "\n".join(more).replace('": "r', '": "s'))
    ground.land()
    known = [row["token"] for row in ROWS] + tokens
    expected = {TokenKey(KEY.encode()).hash(token) for token in known}
    found = ground.query("select distinct token_id from api_requests")
    assert {token for (token,) in found} == expected
