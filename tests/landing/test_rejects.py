"""Nothing is lost: a row is landed or kept as a reject, with its place and its reason."""

from __future__ import annotations

import gzip

import pytest

REQUESTS = "api_gateway/api_requests"
GOOD = '{"requested_at":"2026-03-01T10:00:00Z","status_code":200}\n'
TOKEN = "sk_live_4242424242424242"


def _rejects(ground) -> list[tuple]:
    return ground.query("select row_number, reason, raw_text from rejects order by row_number")


def test_unreadable_lines_keep_their_place_and_reason(ground):
    lines = [
        GOOD.encode(),
        b"\n",
        b"not json\n",
        b"   \n",
        b"[1]\n",
        b'"text"\n',
        b'{"requested_at":"2026-03-01","status_code":200\n',
        b"\xff\xfe\n",
        b'{"status_code":200}\n',
        b'{"requested_at":"2026-03-01","status_code":"many"}\n',
        GOOD.encode(),
        b'{"requested_at":" ","status_code":200,"latency_ms":"1e999"}\n',
        b'\x01{"requested_at":"2026-03-01","status_code":200}\n',
        GOOD.encode().rstrip(),
    ]
    ground.drop(f"{REQUESTS}/a.jsonl", b"".join(lines))
    ground.land()
    not_an_object = "the line is not a JSON object"
    assert [row[:2] for row in _rejects(ground)] == [
        (3, not_an_object),
        (5, not_an_object),
        (6, not_an_object),
        (7, not_an_object),
        (8, "the line is not valid UTF-8"),
        (9, "requested_at is missing"),
        (10, "status_code: 'many' is not a whole number"),
        (12, "requested_at is missing"),
        (13, not_an_object),
    ]
    assert ground.query("select _row_number from api_requests order by all") == [(1,), (11,), (14,)]
    assert ground.query("select rows_read, rows_landed, rows_rejected from files") == [(12, 3, 9)]


def test_csv_rows_with_too_few_or_too_many_fields_are_rejected(ground):
    ground.drop(
        f"{REQUESTS}/a.csv",
        "requested_at,status_code,path\n2026-03-01,200,/a\n2026-03-01,200\n2026-03-01,200,/b,c,d\n"
        '\n2026-03-01,200,"/c\nd"\n2026-03-01,x,/e\n2026-03-01,200,/f\n',
    )
    ground.land()
    assert sorted(row[1] for row in _rejects(ground)) == [
        "status_code: 'x' is not a whole number",
        "the row has 2 fields, the header 3",
        "the row has more fields than the header, which has 3",
    ]
    paths = ground.query("select path from api_requests order by _row_number")
    assert paths == [("/a",), ("/c\nd",), ("/f",)]
    assert ground.query("select rows_read, rows_landed, rows_rejected from files") == [(6, 3, 3)]


def test_rows_read_are_landed_or_rejected(ground):
    for number in range(20):
        bad = "oops\n" * (number % 4) + "\n" * (number % 3)
        ground.drop(f"{REQUESTS}/{number}.jsonl", bad + GOOD * number)
    result = ground.land()
    assert result.rows_landed == sum(range(20))
    assert result.rows_rejected == sum(number % 4 for number in range(20))
    wrong = "rows_read <> rows_landed + rows_rejected"
    assert ground.value(f"select count(*) from files where {wrong}") == 0
    assert ground.value("select sum(rows_read) from files") == 190 + 30
    assert ground.value("select count(*) from rejects") == 30


@pytest.mark.parametrize("cut", [0.5, 0.9, -4])
def test_a_broken_gzip_is_one_reject_and_the_others_land(ground, cut):
    lines = "".join(GOOD.replace("200}", f'200,"request_id":"{n}"}}') for n in range(5_000))
    packed = gzip.compress(lines.encode())
    file = ground.drop(f"{REQUESTS}/b.jsonl.gz", "")
    file.write_bytes(packed[: int(len(packed) * cut) if cut > 0 else cut])
    ground.drop(f"{REQUESTS}/a.jsonl.gz", GOOD)
    ground.drop(f"{REQUESTS}/c.jsonl.gz", GOOD * 2)
    assert ground.land().rows_landed == 3
    assert ground.query("select path, row_number, raw_text from rejects") == [
        (f"{REQUESTS}/b.jsonl.gz", None, None)
    ]
    assert "gzip" in ground.value("select reason from rejects")


@pytest.mark.parametrize("name", ["b.jsonl.zst", "b.csv.zst", "b.parquet", "b.csv.gz"])
def test_a_file_that_is_not_what_its_name_says_is_one_reject(ground, name):
    ground.drop(f"{REQUESTS}/{name}", "").write_bytes(b"hello, world\n" * 9)
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (1, 1)
    assert ground.value("select row_number from rejects") is None


def test_a_truncated_zstd_is_one_reject(ground, tmp_path):
    import duckdb

    whole = tmp_path / "whole.jsonl.zst"
    rows = "select '2026-03-01' as requested_at, 200 as status_code, md5(i::varchar) as request_id"
    duckdb.sql(f"copy ({rows} from range(50000) t(i)) to '{whole}' (format json, compression zstd)")
    packed = whole.read_bytes()
    for number, length in enumerate((len(packed) // 2, len(packed) - 1, len(packed))):
        ground.drop(f"{REQUESTS}/{number}.jsonl.zst", packed[:length])
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (50_000, 2)


def test_a_broken_document_among_many_is_found(ground):
    for number in range(9):
        ground.drop(
            f"cloudtrail/{number}.json", f'{{"Records":[{{"eventTime":"2026-03-0{1 + number}"}}]}}'
        )
    ground.drop("cloudtrail/broken.json", '{"Records":[{"eventTime":')
    ground.drop("cloudtrail/other.json", '{"digest":[]}')
    ground.drop("cloudtrail/mixed.json", '{"Records":[1,{"eventTime":"2026-04-01"},null]}')
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (10, 4)
    assert ground.query("select path, row_number from rejects order by all") == [
        ("cloudtrail/broken.json", None),
        ("cloudtrail/mixed.json", 1),
        ("cloudtrail/mixed.json", 3),
        ("cloudtrail/other.json", 1),
    ]


def test_a_file_without_a_required_column_is_one_reject_that_names_it(ground):
    ground.drop(f"{REQUESTS}/a.csv", "requested_at,path\n2026-03-01,/a\n2026-03-02,/b\n")
    ground.drop("developer_portal/api_tokens/a.csv", "created_at\n2026-03-01\n")
    ground.land()
    assert ground.query("select path, reason from rejects order by path") == [
        (f"{REQUESTS}/a.csv", "the whole file: the file has no column status_code"),
        (
            "developer_portal/api_tokens/a.csv",
            "the whole file: the file has no column token_id or token",
        ),
    ]


def test_a_line_beyond_the_reader_is_a_reject(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD + '{"path":"' + "x " * 2_500_000 + '"}\n' + GOOD)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (2, 1)
    assert _rejects(ground)[0][:2] == (2, "the line is longer than 2000000 bytes")


def test_empty_files_have_no_rows_and_no_rejects(ground):
    ground.drop(f"{REQUESTS}/empty.jsonl", "")
    ground.drop(f"{REQUESTS}/empty.csv.gz", "")
    ground.drop(f"{REQUESTS}/header.csv", "requested_at,status_code\n")
    ground.drop(f"{REQUESTS}/blank.jsonl", "\n\n  \n")
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (0, 0)
    assert ground.value("select count(*) from files where rows_read = 0") == 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", f'{{"status_code":200,"token":"{TOKEN}"}}\n'),
        ("a.jsonl", '{"status_code":200,"token":"short","client_ip":"me"}\n'),
        ("a.jsonl", '{"status_code":200,"token": "cut off'),
        ("a.jsonl", '{"status_code":200,"token":\'short\''),
        ("a.jsonl", '{"status_code":200,"token":["short"]}\n'),
        ("a.jsonl", '{"status_code":200,"path":"/?token=short&x=1"}\n'),
        ("a.jsonl", '{"status_code":200,"headers":"Authorization: Bearer short"}\n'),
        ("a.jsonl", '{"status_code":200,"user_agent":"me@short.example 10.1.2.3 ::1 fe80::1:2"}\n'),
        ("a.jsonl", '{"status_code":200,"client_ip":"2001:db8:0:0:0:0:0:1"}\n'),
        ("a.jsonl", '{"requested_at":"me@short.example","status_code":200}\n'),
        ("a.jsonl", f'{{"requested_at":"{TOKEN}","status_code":200}}\n'),
        ("a.csv", "requested_at,token,status_code\n,short,200\n"),
        ("a.csv", "requested_at,token,status_code\n2026-03-01,short\n"),
        ("a.csv", "requested_at,path,token,status_code\n2026-03-01,short,200\n"),
        ("a.csv", "requested_at,token,status_code\n2026-03-01,x,y,short,200\n"),
        ("a.csv", 'requested_at,token,status_code\n2026-03-01,"short"x,200\n'),
        ("a.csv", "requested_at,password,status_code\n,short,200\n"),
    ],
)
def test_rejects_are_masked(ground, name, content):
    ground.drop(f"{REQUESTS}/{name}", content)
    assert ground.land().rows_rejected == 1
    kept = str(_rejects(ground))
    assert "***" in kept
    for secret in (TOKEN, "short", "cut off", "10.1.2.3", "::1", "fe80", "2001:db8", '"me"'):
        assert secret not in kept


def test_rejects_are_cut_to_two_thousand_characters(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", "word " * 10_000)
    ground.land()
    assert len(_rejects(ground)[0][2]) == 2_000


def test_unknown_columns_are_reported_once_and_kept_out(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD * 50 + GOOD.replace("}", ',"tenant":"x"}') * 9)
    ground.drop(f"{REQUESTS}/b.csv", "requested_at,status_code,region\n2026-03-01,200,eu\n")
    result = ground.land()
    assert result.rows_landed == 60
    (warning,) = result.warnings
    assert "api_gateway.api_requests" in warning and "region, tenant" in warning
    assert "tenant" not in dict(ground.query("select column_name, 1 from (describe api_requests)"))


def test_what_no_table_reads_is_named_once(ground):
    ground.drop(f"{REQUESTS}/a.jsonl", GOOD)
    ground.drop(f"{REQUESTS}/notes.txt", "x")
    ground.drop("api_gateway/api_request/a.jsonl", GOOD)
    ground.drop("elsewhere/deep/a.jsonl", GOOD)
    for hidden in ("_SUCCESS", ".hidden.jsonl", "b.jsonl.tmp", "c.jsonl.part", "d.crc"):
        ground.drop(f"{REQUESTS}/{hidden}", GOOD)
    ground.drop("readme.md", "x")
    result = ground.land()
    assert result.rows_landed == 1
    (warning,) = result.warnings
    assert "api_gateway/api_request/, elsewhere/" in warning
    assert f"{REQUESTS}/notes.txt (no format fits its first lines)" in warning
    assert "hidden.jsonl" not in warning and "b.jsonl" not in warning and "readme" not in warning
