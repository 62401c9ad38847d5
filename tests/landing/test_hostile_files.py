"""Whatever is dropped into landing/: it is landed, or rejected with its reason, or named aloud.

Each hostile file lies beside good ones, which land all the same; the sums of the ledger hold, and
no secret is found in raw/ or in a message.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import LandingError, LandingResult, landing
from orchestration.settings import PROJECT
from tests.landing.ground import KEY, Ground
from tests.landing.packing import zstd

REQUESTS = "api_gateway/api_requests"
SECRETS = ("sk_live_", "someone@secret.example", "203.0.113.77")
TOKEN = "sk_live_51HostileFilesHostileFiles"
PATIENCE_SECONDS = 20
UNPRIVILEGED = 65534


def row(**values: object) -> bytes:
    """A line of a request."""
    return json.dumps({"requested_at": "2026-03-01T10:00:00Z", "status_code": 200} | values).encode(
        errors="surrogatepass"
    ) + (b"\n")


def rows(count: int) -> bytes:
    """Lines of requests that compress badly, so that a cut in the middle is in the middle."""
    return b"".join(
        row(request_id=f"{number * 2654435761 % 2**32:08x}", token=TOKEN) for number in range(count)
    )


GOOD = row()
CSV = b"requested_at,status_code,path,token\n"
CSV_ROW = b"2026-03-01T10:00:00Z,200,/a," + TOKEN.encode() + b"\n"


@dataclass(frozen=True)
class Hostile:
    """A file and what must become of it.

    Attributes:
        id: what is wrong with it.
        name: its path below the requests' folder, or below landing/ with a leading slash.
        content: its bytes, or what makes them.
        landed: rows that may be landed.
        rejected: rows that may be rejected; None is any number but 0.
        reason: pattern of every reason.
    """

    id: str
    name: str
    content: bytes | Callable[[], bytes]
    landed: tuple[int, ...]
    rejected: tuple[int, ...] | None
    reason: str = ""

    @property
    def sums(self) -> set[int]:
        """Rows that may be read."""
        return {landed + rejected for landed in self.landed for rejected in self.rejected or ()}

    @property
    def is_alone(self) -> bool:
        """Whether it is tried alone too: what breaks a scan is found there in another way."""
        return (
            re.search("damaged|deep lists|fewer values|without its|quote|50 MB", self.id)
            is not None
        )

    def path(self, folder: str = "") -> str:
        """Its path below landing/, in a folder of its own."""
        table, _, name = self.name[1:].rpartition("/") if self.name[0] == "/" else (None, "", "")
        return f"{table or REQUESTS}/{folder}{name or self.name}"

    def bytes(self) -> bytes:
        """Its content."""
        return self.content() if callable(self.content) else self.content


CASES: list[Hostile] = []


def hostile(
    id: str,
    name: str,
    content: bytes | Callable[[], bytes],
    landed: int | tuple[int, ...],
    rejected: int | tuple[int, ...] | None,
    reason: str = "",
) -> None:
    """Adds a file to the corpus."""
    allowed = (landed,) if isinstance(landed, int) else landed
    refused = (rejected,) if isinstance(rejected, int) else rejected
    CASES.append(Hostile(id, name, content, allowed, refused, reason))


# -- Compressed streams ----------------------------------------------------------------------------


PACKED = gzip.compress(rows(400), mtime=0)
FRAME = zstd(rows(400), block=4096)

for cut in (1, 9, 12, len(PACKED) // 2, len(PACKED) - 8, len(PACKED) - 1):
    hostile(f"gzip cut at {cut}", "a.jsonl.gz", PACKED[:cut], 0, 1, "gzip")
for cut in (2, 6, 20, len(FRAME) // 2, len(FRAME) - 1):
    hostile(f"zstd cut at {cut}", "a.jsonl.zst", FRAME[:cut], 0, 1, "zstd")
hostile("csv in gzip cut", "a.csv.gz", gzip.compress(CSV + CSV_ROW * 99)[:-9], 0, 1, "gzip")
hostile("csv in zstd cut", "a.csv.zst", zstd(CSV + CSV_ROW * 99)[:-9], 0, 1, "zstd")
hostile("gzip with garbage behind", "a.jsonl.gz", PACKED + b"garbage" * 9, 0, 1, "gzip")
hostile("gzip with zeros behind", "a.jsonl.gz", PACKED + bytes(512), (0, 400), (0, 1), "gzip")
hostile("gzip of a wrong checksum", "a.jsonl.gz", PACKED[:-8] + bytes(8), 0, 1, "gzip")
hostile("two gzip members", "a.jsonl.gz", PACKED + gzip.compress(rows(3)), 403, 0)
hostile("an empty gzip member", "a.jsonl.gz", gzip.compress(b"") + PACKED, 400, 0)
hostile("two zstd frames", "a.jsonl.zst", FRAME + zstd(rows(3)), 403, 0)
hostile(
    "a zstd frame to skip",
    "a.jsonl.zst",
    b"\x50\x2a\x4d\x18\x05\0\0\0hello" + FRAME,
    400,
    0,
)
hostile("zstd with garbage behind", "a.jsonl.zst", FRAME + b"garbage", 0, 1, "zstd")
hostile("plain text named gz", "a.jsonl.gz", rows(9), 0, 1, "gzip")
hostile("plain text named zst", "a.csv.zst", CSV + CSV_ROW, 0, 1, "zstd")
hostile("gzip named plain", "a.jsonl", PACKED, 0, None, "UTF-8|JSON|gzip")
hostile("gzip named csv", "a.csv", gzip.compress(CSV + CSV_ROW), 0, None, ".")
hostile("gzip in gzip", "a.jsonl.gz", gzip.compress(PACKED), 0, None, "UTF-8|JSON|gzip")
hostile("zstd named gz", "a.jsonl.gz", FRAME, 0, 1, "gzip")

# -- Encodings -------------------------------------------------------------------------------------

for id, bad in {
    "invalid UTF-8 in a value": row(path="@").replace(b"@", b"\xff\xfe"),
    "invalid UTF-8 in a key": row(path="/a").replace(b"path", b"p\xc3th"),
    "latin-1": row(path="@").replace(b"@", "café".encode("latin-1")),
    "a surrogate": row(path="@").replace(b"@", b"\xed\xa0\x80"),
    "an overlong character": row(path="@").replace(b"@", b"\xc0\xaf"),
}.items():
    hostile(f"{id} of a line", "a.jsonl", GOOD + bad + GOOD, 2, 1, "UTF-8")
hostile("half a surrogate pair", "a.jsonl", GOOD + row(path="\ud800"), (1, 2), (0, 1), "JSON")
hostile("latin-1 in csv", "a.csv", CSV + CSV_ROW.replace(b"/a", b"/\xe9") + CSV_ROW, 1, 1, "UTF-8")
hostile("latin-1 in a header", "a.csv", CSV.replace(b"path", b"p\xe9th") + CSV_ROW, 0, 1, ".")
hostile("UTF-16", "a.jsonl", rows(3).decode().encode("utf-16"), 0, None, "UTF|JSON")
hostile("UTF-16 without a mark", "a.jsonl", rows(3).decode().encode("utf-16-le"), 0, None, ".")
hostile("UTF-16 in csv", "a.csv", (CSV + CSV_ROW).decode().encode("utf-16"), 0, None, ".")
hostile("UTF-32", "a.jsonl", rows(3).decode().encode("utf-32"), 0, None, "UTF|JSON")
hostile("a mark before the first line", "a.jsonl", b"\xef\xbb\xbf" + GOOD * 2, 2, 0)
hostile("a mark before each line", "a.jsonl", (b"\xef\xbb\xbf" + GOOD) * 2, (1, 2), (0, 1), "JSON")
hostile("a mark and nothing else", "a.jsonl", b"\xef\xbb\xbf", 0, (0, 1), ".")
hostile("a mark before csv", "a.csv", b"\xef\xbb\xbf" + CSV + CSV_ROW, 1, 0)

hostile("NUL in a value", "a.jsonl", GOOD + row(path="@").replace(b"@", b"a\0b"), 1, 1, "JSON|NUL")
hostile("NUL escaped", "a.jsonl", GOOD + row(path="a\0b"), (1, 2), (0, 1), "NUL|JSON")
hostile("NUL escaped in a token", "a.jsonl", GOOD + row(token="a\0b"), (1, 2), (0, 1), "NUL|JSON")
hostile("NUL between lines", "a.jsonl", GOOD + b"\0\n" + GOOD + b"\0\0", 2, 2, "JSON|NUL")
hostile("a page of NUL after a torn write", "a.jsonl", GOOD + bytes(4096), 1, 1, "JSON|NUL")
hostile("NUL in csv", "a.csv", CSV + CSV_ROW.replace(b"/a", b"/\0") + CSV_ROW, (1, 2), (0, 1), ".")
hostile("nothing but NUL", "a.jsonl", bytes(4096), 0, 1, "JSON|NUL")
hostile("nothing but NUL, large", "a.jsonl", bytes(3 << 20), 0, 1, "longer|JSON|NUL")
hostile("nothing but NUL in csv", "a.csv", bytes(4097), 0, 1, ".")
hostile("nothing but NUL in parquet", "a.parquet", bytes(4098), 0, 1, "Parquet")
hostile("nothing but NUL in gz", "a.jsonl.gz", bytes(4099), 0, 1, "gzip")

# -- Size and depth --------------------------------------------------------------------------------


@cache
def long_lines(before: bytes, after: bytes) -> bytes:
    """Fifty megabytes on one line."""
    return before + b"x" * (50 << 20) + after


@cache
def long_json() -> bytes:
    return GOOD + long_lines(b'{"requested_at":"2026-03-01","status_code":200,"path":"', b'"}\n')


@cache
def long_csv() -> bytes:
    return CSV + CSV_ROW + long_lines(b"2026-03-01,200,", b",\n") + CSV_ROW


@cache
def packed(content: bytes) -> bytes:
    return gzip.compress(content, 1)


hostile("50 MB on a line", "a.jsonl", lambda: long_json() + GOOD, 2, 1, "longer than")
hostile("50 MB on a line of csv", "a.csv", long_csv, 2, 1, "longer than")
hostile("50 MB on a line in gz", "a.jsonl.gz", lambda: packed(long_json()), 1, 1, "longer")
hostile("50 MB on a line of csv in gz", "a.csv.gz", lambda: packed(long_csv()), 2, 1, "longer")
hostile("50 MB in a header", "a.csv", lambda: long_lines(b"a", b"\n") + CSV_ROW, 0, None, ".")

DEEP = 100_000
for id, deep in {
    "lists": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "lists that do not end": b"[" * DEEP,
}.items():
    for key in ("path", "status_code", "unknown", "token"):
        hostile(
            f"deep {id} as {key}",
            "a.jsonl",
            GOOD + row(**{key: "@"}).replace(b'"@"', deep) + GOOD,
            (2, 3),
            (0, 1),
            "JSON|status_code",
        )
    document = b'{"Records":[{"eventTime":"2026-03-01","x":%s,"userAgent":%s}]}' % (deep, deep)
    hostile(f"deep {id} in a document", "/cloudtrail/a.json", document, (0, 1), (0, 1), "JSON|deep")
hostile("a deep line", "a.jsonl", b"[" * DEEP + b"\n" + GOOD, 1, 1, "JSON")

# -- Values ----------------------------------------------------------------------------------------

hostile(
    "keys given twice",
    "a.jsonl",
    b'{"requested_at":"2026-03-01","requested_at":"x","status_code":200,"status_code":500,'
    b'"token":"sk_live_one","token":"sk_live_two"}\n',
    (0, 1),
    (0, 1),
    "requested_at|twice|JSON",
)
for number in ("1e400", "1" + "0" * 400, "99999999999", "-1e99", "200.5"):
    bad = row(status_code="@").replace(b'"@"', number.encode())
    hostile(f"status {number[:12]}", "a.jsonl", GOOD + bad, 1, 1, "status_code.*whole number|JSON")
for number in ("1e309", "-1e309", "1" + "0" * 400, "NaN", "Infinity", "-Infinity", "0x10", "1_0"):
    bad = row(latency_ms="@").replace(b'"@"', number.encode())
    hostile(f"latency {number[:12]}", "a.jsonl", GOOD + bad, 1, 1, "latency_ms.*number|JSON")
for text in ("NaN", "inf", "-Infinity", "1e999", "nan(1)", "١٢", "1 2"):
    hostile(f"latency '{text}'", "a.jsonl", GOOD + row(latency_ms=text), 1, 1, "latency_ms.*number")
hostile("the largest double", "a.jsonl", row(latency_ms=1.7e308, sample_rate=1e-320), 1, 0)

for text in (
    "10000-01-01T00:00:00Z", "+10000-01-01", "-0001-01-01",
    "2026-02-30T00:00:00Z", "2026-13-01", "2026-00-10", "2026-03-01T25:00:00Z",
    "2026-03-01T10:60:00Z", "2026-03-01T10:00:00+25:00", "01.03.2026", "03/01/2026", "yesterday",
    "1772359200", "1772359200.123", "-1", "0", "1772359200123456", "1772359200123456789",
    "1.7e12x", "2026-W09-7", "2026-060", "",
):  # fmt: skip
    hostile(f"time '{text}'", "a.jsonl", GOOD + row(requested_at=text), 1, 1, "requested_at")
for number in (1772359200, 1772359200123456, -1772359200123, 0, 1.5, True, [1], {"a": 1}, None):
    bad = row(requested_at=number)
    hostile(f"time {number}", "a.jsonl", GOOD + bad, 1, 1, "requested_at")
for status in ("two hundred", "", "0xC8", "200 OK", True, [200], {"code": 200}, None):
    bad = row(status_code=status)
    hostile(f"status {status!r}", "a.jsonl", GOOD + bad, 1, 1, "status_code")
for success in ("maybe", "2", "on", 7, [True]):
    bad = row(is_success=success)
    hostile(f"success {success!r}", "a.jsonl", GOOD + bad, 1, 1, "is_success.*true or false")
hostile(
    "values as texts",
    "a.jsonl",
    b"".join(row(is_success=success) for success in ("true", "FALSE", "Yes", "0", "t", 1, True))
    + row(status_code="200", latency_ms="1.5", requested_at="1772359200123", path=5, method=True),
    8,
    0,
)

# -- Files without rows, and csv -------------------------------------------------------------------

for name in (
    "a.jsonl", "a.csv", "a.json", "a.parquet", "a.jsonl.gz", "a.csv.gz", "a.csv.zst",
    "/cloudtrail/a.json", "/cloudtrail/a.json.gz",
):  # fmt: skip
    hostile(f"no byte in {name}", name, b"", 0, (0, 1), ".")
hostile("nothing in gz", "a.jsonl.gz", gzip.compress(b""), 0, 0)
hostile("nothing in gz of csv", "a.csv.gz", gzip.compress(b""), 0, 0)
hostile("nothing in zst", "a.jsonl.zst", zstd(b""), 0, 0)
hostile("nothing in zst of csv", "a.csv.zst", zstd(b""), 0, (0, 1), "header")
hostile("a header only", "a.csv", CSV, 0, 0)
hostile("a header only in gz", "a.csv.gz", gzip.compress(CSV), 0, 0)
hostile("a header without its end", "a.csv", CSV.strip(), 0, 0)
hostile("a list of rows", "a.json", b"[" + GOOD.strip() + b"]", (0, 1), (0, 1), "JSON object")
hostile("an object over lines", "a.json", json.dumps(json.loads(GOOD), indent=1).encode(), 0, None)
hostile("an empty list", "a.json", b"[]", 0, (0, 1), "JSON object")
hostile("a document of no records", "/cloudtrail/a.json", b'{"Records":[]}', 0, 0)
hostile("a document of something else", "/cloudtrail/a.json", b"{}", 0, 1, "Records")
hostile("a document that is a list", "/cloudtrail/a.json", b"[1]", 0, 1, "Records|JSON")
hostile("a document that is a number", "/cloudtrail/a.json", b"1", 0, 1, "Records|JSON")
hostile("a document that is cut", "/cloudtrail/a.json", b'{"Records":[{"eventT', 0, 1, "JSON")
hostile("a document with Infinity", "/cloudtrail/a.json", b'{"Records":[NaN]}', 0, 1, "JSON")
hostile(
    "two documents",
    "/cloudtrail/a.json",
    b'{"Records":[{"eventTime":"2026-03-01"}]}\n' * 2,
    (0, 2),
    (0, 1, 2),
    ".",
)

QUOTED = CSV_ROW.replace(b"/a", b'"/a')
hostile("a quote that does not close", "a.csv", CSV + CSV_ROW * 2 + QUOTED + CSV_ROW, 2, None, ".")
hostile("a quote that does not close in the header", "a.csv", b'"' + CSV + CSV_ROW, 0, 1, ".")
hostile(
    "a quote in a value", "a.csv", CSV + CSV_ROW.replace(b"/a", b'/"a"b'), (0, 1), (0, 1), "quote"
)
hostile(
    "a quote that closes rows later", "a.csv", CSV + QUOTED * 2 + CSV_ROW, (0, 1), None, "quote"
)
mixed = CSV.strip() + b"\r\n" + CSV_ROW + CSV_ROW.strip() + b"\r\n" + CSV_ROW + CSV_ROW.strip()
hostile("mixed line ends", "a.csv", mixed, (0, 4), (0, 1), "line end")
hostile("mixed line ends of JSON", "a.jsonl", GOOD + GOOD[:-1] + b"\r" + GOOD[:-1] + b"\r\n", 3, 0)
hostile("line ends of old", "a.csv", (CSV + CSV_ROW * 3).replace(b"\n", b"\r"), 3, 0)
hostile(
    "columns named twice",
    "a.csv",
    b"requested_at,status_code,status_code,token,token\n"
    b"2026-03-01,200,500,sk_live_one,sk_live_two\n2026-03-01,x,500,sk_live_one,sk_live_two\n",
    (0, 1),
    (1,),
    "status_code|twice",
)
hostile("nothing but delimiters", "a.csv", b",,,\n" * 9, 0, 1, "column|header")
hostile("rows of nothing but delimiters", "a.csv", CSV + b",,,\n" * 3 + CSV_ROW, 1, 3, "requested")
hostile("semicolons", "a.csv", (CSV + CSV_ROW).replace(b",", b";"), 1, 0)
hostile("tabs", "a.csv", (CSV + CSV_ROW).replace(b",", b"\t"), 1, 0)
hostile("tabs in the header, commas below", "a.csv", CSV.replace(b",", b"\t") + CSV_ROW, 0, 1, ".")
hostile("colons", "a.csv", CSV.replace(b",", b":") + CSV_ROW, 0, 1, "no column requested_at")
hostile("columns in capitals", "a.csv", CSV.upper() + CSV_ROW, (0, 1), (0, 1), "column requested")
hostile("keys in capitals", "a.jsonl", GOOD.upper(), (0, 1), (0, 1), "requested_at is missing")
hostile("blanks around columns", "a.csv", CSV.replace(b",", b" , ") + CSV_ROW, 1, 0)
hostile("blanks around keys", "a.jsonl", GOOD.replace(b"status_code", b" status_code "), 0, 1, "st")
hostile("no header", "a.csv", CSV_ROW * 3, 0, 1, "no column requested_at")
hostile("a title above the header", "a.csv", b"Report of March\n" + CSV + CSV_ROW, 0, 1, "column")
hostile("a page of HTML", "a.csv", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", 0, 1, "col")
hostile("a page of HTML as lines", "a.jsonl", b"<html>\n<p>404</p>\n</html>\n", 0, 3, "JSON object")

# -- Parquet ---------------------------------------------------------------------------------------


@cache
def parquet(columns: str, count: int = 2, options: str = "") -> bytes:
    """A Parquet file of rows with these columns."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        query = f"select {columns} from range({count}) as numbers (i)"
        connection.execute(f"copy ({query}) to '{folder}/a.parquet' (format parquet {options})")
        return Path(folder, "a.parquet").read_bytes()


TIME = "timestamp '2026-03-01 10:00:00' as requested_at"
REQUEST = f"{TIME}, 200 as status_code, 'sk_live_' || i || random() as token, md5(i::varchar) as "


def packed_parquet() -> bytes:
    return parquet(REQUEST + "request_id", 5000)


def damaged_parquet() -> bytes:
    """Its footer is whole, its pages are not."""
    content = bytearray(parquet(REQUEST + "request_id", 5000, ", compression zstd"))
    content[200:4000] = bytes(3800)
    return bytes(content)


for share in (0.0, 0.3, 0.9):
    hostile(
        f"parquet cut at {share}",
        "a.parquet",
        lambda share=share: packed_parquet()[: max(5, int(len(packed_parquet()) * share))],
        0,
        1,
        "Parquet",
    )
hostile("parquet without its end", "a.parquet", lambda: packed_parquet()[:-1], 0, 1, "Parquet")
hostile("parquet without its head", "a.parquet", lambda: packed_parquet()[300:], 0, 1, "Parquet")
hostile("parquet with damaged pages", "a.parquet", damaged_parquet, 0, 1, "Parquet")
hostile(
    "parquet with a damaged footer", "a.parquet", lambda: b"PAR1" + b"\xff" * 99 + b"PAR1", 0, 1
)
hostile("parquet named jsonl", "a.jsonl", packed_parquet, 0, None, "UTF-8|JSON|Parquet|lines")
hostile("parquet named csv", "a.csv", packed_parquet, 0, None, ".")
hostile("JSON named parquet", "a.parquet", rows(8), 0, 1, "Parquet")
hostile("parquet without rows", "a.parquet", lambda: parquet(REQUEST + "request_id", 0), 0, 0)
for id, columns, landed, rejected, reason in (
    ("a struct as path", f"{TIME}, 200 as status_code, {{'a': [i]}} as path", 2, 0, ""),
    ("a list as path", f"{TIME}, 200 as status_code, [i, i] as path", 2, 0, ""),
    ("a struct as status", f"{TIME}, {{'a': [i]}} as status_code", 0, 2, "status_code"),
    ("a list as time", f"[{TIME.split(' as ')[0]}] as requested_at, 200 as status_code", 0, 2, ""),
    ("a map as token", f"{TIME}, 200 as status_code, map {{'sk_live_': i}} as token", 2, 0, ""),
    ("a decimal as status", f"{TIME}, 200::decimal(9, 2) as status_code", 2, 0, ""),
    ("a fraction as status", f"{TIME}, 200.5::decimal(9, 2) as status_code", 0, 2, "whole number"),
    ("a double as status", f"{TIME}, 200::double as status_code", 2, 0, ""),
    ("a text as status", f"{TIME}, 'x' || i as status_code", 0, 2, "status_code.*whole number"),
    ("a huge number as status", f"{TIME}, 9e18::bigint as status_code", 0, 2, "whole number"),
    ("a NaN", f"{TIME}, 200 as status_code, 'nan'::double as latency_ms", 0, 2, "number"),
    ("a zoned time", "timestamptz '2026-03-01 12:00:00+02' as requested_at, 200 as status_code",
     2, 0, ""),
    ("nanoseconds", "timestamp_ns '2026-03-01 10:00:00' as requested_at, 200 as status_code",
     2, 0, ""),
    ("a date as time", "date '2026-03-01' as requested_at, 200 as status_code", 2, 0, ""),
    ("a time of day", "time '10:00' as requested_at, 200 as status_code", 0, 2, "requested"),
    ("milliseconds", "1772359200123 as requested_at, 200 as status_code", 2, 0, ""),
    ("seconds", "1772359200 as requested_at, 200 as status_code", 0, 2, "requested_at.*time"),
    ("an infinite time", "timestamp 'infinity' as requested_at, 200 as status_code", 0, 2, "time"),
    ("a time before our era", "timestamp '0044-03-15 (BC) 10:00' as requested_at, 200 as "
     "status_code", 0, 2, "requested_at.*time"),
    ("bytes as path", f"{TIME}, 200 as status_code, '\\xFF\\xFE'::blob as path", (0, 2), (0, 1, 2),
     "."),
    ("repeated values", f"{TIME}, 200 as status_code, 'x' || i % 2 as path", 2, 0, ""),
    ("nulls", "null::integer as requested_at, null::varchar as status_code", 0, 2, "missing"),
    ("columns of somebody else", "i as a, i as b", 0, 1, "no column requested_at"),
    ("a column with a quote", f"{TIME}, 200 as status_code, i as \"a'\"\"); drop\"", 2, 0, ""),
):  # fmt: skip
    hostile(
        f"parquet: {id}",
        "a.parquet",
        lambda columns=columns: parquet(columns),
        landed,
        rejected,
        reason,
    )


class Long(int):
    """A number of 64 bits."""


def thrift(*fields: tuple[int, object]) -> bytes:
    """A struct in Thrift's compact protocol: numbers, texts, structs, lists of one of them."""

    def varint(value: int) -> bytes:
        encoded = b""
        while value > 127:
            encoded, value = encoded + bytes([value & 127 | 128]), value >> 7
        return encoded + bytes([value])

    def encode(value: object) -> tuple[int, bytes]:
        if isinstance(value, int):
            return 6 if isinstance(value, Long) else 5, varint(value << 1)
        if isinstance(value, str):
            return 8, varint(len(value)) + value.encode()
        if isinstance(value, list):
            kind = encode(value[0])[0] if value else 12
            return 9, bytes([len(value) << 4 | kind]) + b"".join(encode(each)[1] for each in value)
        return 12, value

    encoded, last = b"", 0
    for number, value in fields:
        kind, content = encode(value)
        encoded += bytes([(number - last) << 4 | kind]) + content
        last = number
    return encoded + b"\0"


def parquet_by_hand(columns: list[tuple[str, int, bytes]], count: int) -> bytes:
    """A Parquet file that DuckDB would not write: columns by name, physical type and plain values.

    The numbers of the fields are those of parquet.thrift.
    """
    content, chunks = b"PAR1", []
    schema = [thrift((4, "schema"), (5, len(columns)))]
    for name, kind, values in columns:
        size = len(values)
        values_header = thrift((1, count), (2, 0), (3, 3), (4, 3))
        page = thrift((1, 0), (2, size), (3, size), (5, values_header)) + values
        meta = thrift(
            (1, kind), (2, [0]), (3, [name]), (4, 0), (5, Long(count)), (6, Long(len(page))),
            (7, Long(len(page))), (9, Long(len(content))),
        )  # fmt: skip
        chunks.append(thrift((2, Long(len(content))), (3, meta)))
        schema.append(thrift((1, kind), (3, 0), (4, name)))
        content += page
    groups = [thrift((1, chunks), (2, Long(len(content))), (3, Long(count)))] if columns else []
    footer = thrift((1, 1), (2, schema), (3, Long(count)), (4, groups))
    return content + footer + struct.pack("<I", len(footer)) + b"PAR1"


STATUS = ("status_code", 1, struct.pack("<i", 200))
# Nanoseconds of the day and the Julian day: what Spark writes to this day.
INT96 = ("requested_at", 3, struct.pack("<qi", 36_000 * 10**9, 2_461_101))
hostile("parquet: INT96", "a.parquet", parquet_by_hand([INT96, STATUS], 1), 1, 0)
hostile("parquet: no columns", "a.parquet", parquet_by_hand([], 3), 0, 1, "column|Parquet")
lying = parquet_by_hand([INT96, STATUS], 1_000_000)
hostile("parquet: fewer values than it says", "a.parquet", lying, 0, 1, "Parquet|rows")


# -- What must become of them ----------------------------------------------------------------------


class GaveUp(BaseException):
    """Nobody may take it for an error of a file."""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Ends a test that hangs, as one does that opens a pipe."""

    def give_up(*_: object) -> None:
        raise GaveUp(f"The landing has not ended in {PATIENCE_SECONDS} s.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def drop(ground: Ground, path: str, content: bytes) -> Path:
    """Puts bytes into landing/ as they are; ``Ground.drop`` would compress them."""
    file = ground.data.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def drop_good(ground: Ground) -> None:
    """Good files of every format, of five rows in all."""
    drop(ground, f"{REQUESTS}/00.jsonl", row(request_id="g1"))
    drop(ground, f"{REQUESTS}/zz.jsonl", row(request_id="g2"))
    drop(ground, f"{REQUESTS}/zz.jsonl.gz", gzip.compress(row(request_id="g3")))
    drop(ground, f"{REQUESTS}/zz.csv", b"request_id," + CSV + b"g4," + CSV_ROW)
    good = f"{TIME}, 200 as status_code, 'g5' as request_id"
    drop(ground, f"{REQUESTS}/zz.parquet", parquet(good, 1))


GOOD_ROWS = ["g1", "g2", "g3", "g4", "g5"]


class Ledger:
    """What the ledger says of a landing, by the hash of a file."""

    def __init__(self, ground: Ground) -> None:
        self.files: dict[str, list[tuple]] = {}
        self.rejects: dict[str, list[tuple]] = {}
        for file_hash, *fate in ground.query(
            "select file_hash, path, rows_read, rows_landed, rows_rejected from files"
        ):
            self.files.setdefault(file_hash, []).append(tuple(fate))
        for file_hash, *reject in ground.query(
            "select _file_hash, reason, coalesce(raw_text, '') from rejects"
        ):
            self.rejects.setdefault(file_hash, []).append(tuple(reject))


def assert_fate(ledger: Ledger, case: Hostile) -> None:
    """The ledger has the file once, its sums hold, and each reject has a reason that says why."""
    file_hash = hashlib.sha256(case.bytes()).hexdigest()
    ((path, read, landed, rejected),) = ledger.files[file_hash]
    assert read == landed + rejected
    assert landed in case.landed
    assert rejected > 0 if case.rejected is None else rejected in case.rejected
    if case.sums and 0 not in case.sums:
        assert read in case.sums  # whichever of the two it is, no row is lost
    rejects = ledger.rejects.get(file_hash, [])
    assert len(rejects) == rejected
    for reason, text in rejects:
        assert re.search(case.reason, reason, re.S), reason
        assert_plain(f"{path}: {reason}.")
        assert len(text) <= 2_000


def landed_good(ground: Ground) -> list[str]:
    """The good rows that were landed."""
    query = "select request_id from api_requests where request_id like 'g_' order by all"
    return [request_id for (request_id,) in ground.query(query)]


def texts_of_raw(ground: Ground) -> str:
    """Every row of raw/ as text."""
    batches = ground.data.raw / "batches"
    tables = {path.relative_to(batches).parts[1:3] for path in batches.glob("*/*/*/*.parquet")}
    texts: list[str] = []
    with duckdb.connect() as connection:
        for source, table in sorted(tables):
            files = f"{batches}/*/{source}/{table}/*.parquet"
            query = f"select to_json(r)::varchar from read_parquet('{files}') as r"
            texts += (text for (text,) in connection.execute(query).fetchall())
    return "\n".join(texts)


def assert_no_secret(ground: Ground, *messages: str) -> None:
    """Neither a row of raw/ nor a message holds a secret of the corpus."""
    said = "\n".join((*messages, *ground.progress, texts_of_raw(ground)))
    for secret in SECRETS:
        assert secret not in said, said[max(0, said.index(secret) - 200) :][:400]


def assert_plain(sentence: str) -> None:
    """One sentence on one line, and no traceback."""
    assert sentence.strip().endswith("."), sentence
    assert not re.search(r"[\x00-\x1f\x7f]", sentence.strip()), repr(sentence)
    assert "Traceback" not in sentence


@dataclass(frozen=True)
class Corpus:
    """All hostile files after one landing."""

    ground: Ground
    result: LandingResult
    ledger: Ledger


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        ground = Ground(tmp_path_factory.mktemp("corpus"))
        for number, case in enumerate(CASES):
            drop(ground, case.path(f"{number:03d}/"), case.bytes())
        drop_good(ground)
        return Corpus(ground, ground.land(), Ledger(ground))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_file_is_landed_or_rejected_with_its_reason(corpus, case):
    assert_fate(corpus.ledger, case)


def test_good_files_land_beside_all_of_them(corpus):
    assert landed_good(corpus.ground) == GOOD_ROWS
    for warning in corpus.result.warnings:
        assert_plain(warning)


def test_no_secret_of_theirs_is_kept_or_said(corpus):
    assert "***" in texts_of_raw(corpus.ground)
    assert_no_secret(corpus.ground, *corpus.result.warnings)


def test_landing_them_again_changes_nothing(corpus, monkeypatch):
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
    before = texts_of_raw(corpus.ground)
    assert corpus.ground.land().batch_ids == []
    assert texts_of_raw(corpus.ground) == before


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id) for case in CASES if case.is_alone]
)
def test_alone_it_has_the_same_fate(ground, case):
    drop(ground, case.path(), case.bytes())
    ground.land()
    assert_fate(Ledger(ground), case)


# -- Times that are at the edge of what a time is --------------------------------------------------


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ("0001-01-01T00:00:00Z", {"0001-01-01 00:00:00"}),
        ("9999-12-31T23:59:59.999999Z", {"9999-12-31 23:59:59.999999"}),
        ("1969-12-31T23:59:59Z", {"1969-12-31 23:59:59"}),
        ("0000-01-01T00:00:00Z", {"0001-01-01 (BC) 00:00:00", None}),
        ("0001-01-01T00:00:00+14:00", {"0001-12-31 (BC) 10:00:00", None}),
        ("9999-12-31T23:59:59-12:00", {"10000-01-01 11:59:59", None}),
        ("2026-03-01T24:00:00Z", {"2026-03-02 00:00:00", None}),
        ("2016-12-31T23:59:60Z", {"2017-01-01 00:00:00", None}),
        ("2026-03-29T02:30:00", {"2026-03-29 02:30:00"}),
        (99_999_999_999_999, {"5138-11-16 09:46:39.999"}),
    ],
)
def test_a_time_at_the_edge_is_itself_or_a_reject(ground, given, allowed):
    drop(ground, f"{REQUESTS}/a.jsonl", row(requested_at=given) + GOOD)
    result = ground.land()
    kept = ground.query("select requested_at::varchar from api_requests where _row_number = 1")
    assert (kept[0][0] if kept else None) in allowed
    assert result.rows_rejected == 1 - len(kept)
    if not kept:
        assert "requested_at" in ground.value("select reason from rejects")


# -- What is not meant as data, but runs somewhere -------------------------------------------------

INJECTIONS = (
    "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-1+1", "'; drop table scanned; --",
    "x'); copy (select 1) to '/tmp/out'; --", "$(touch /tmp/out)", "{{ 1 + 1 }}", "%s%n", "$key",
    "../../../etc/passwd", "<script>alert(1)</script>", "\u202eexe.csv", "a\tb\nc", '"', "\\",
)  # fmt: skip


def test_values_that_are_code_elsewhere_are_values(ground):
    lines = b"".join(row(request_id=text, user_agent=text) for text in INJECTIONS)
    drop(ground, f"{REQUESTS}/a.jsonl", lines)
    quoted = ('"' + text.replace('"', '""') + '"' for text in INJECTIONS)
    table = "".join(f"2026-03-01,200,{text},{text}\n" for text in quoted)
    header = "requested_at,status_code,request_id,user_agent\n"
    drop(ground, f"{REQUESTS}/a.csv", (header + table).encode())
    ground.land()
    expected = sorted((text, text) for text in INJECTIONS * 2)
    assert sorted(ground.query("select request_id, user_agent from api_requests")) == expected


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_columns_named_as_code_are_unknown_columns(ground, kind):
    names = [text for text in INJECTIONS if "\n" not in text and (kind != "csv" or text != '"')]
    if kind == "jsonl":
        content = row(**dict.fromkeys(names, 1))
    elif kind == "csv":
        header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
        content = f"requested_at,status_code,{header}\n2026-03-01,200{',1' * len(names)}\n".encode()
    else:
        columns = ", ".join('1 as "' + name.replace('"', '""') + '"' for name in names)
        content = parquet(f"{TIME}, 200 as status_code, {columns}", 1)
    drop(ground, f"{REQUESTS}/a.{kind}", content)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (1, 0)
    (warning,) = result.warnings
    assert "left out" in warning
    assert_plain(warning)


def test_a_secret_that_is_a_key_is_not_said(ground):
    # Some exports have the token or the address as the key of an object.
    drop(ground, f"{REQUESTS}/a.jsonl", row(**{TOKEN: 1, "someone@secret.example": 2}) + b"{}\n")
    drop(ground, f"{REQUESTS}/a.csv", CSV.strip() + b"," + TOKEN.encode() + b"\n" + CSV_ROW)
    result = ground.land()
    assert_no_secret(ground, *result.warnings)


NAMES = (
    "'; drop table scanned; --", '"quoted"', "a*b?", "[ab]", "{a,b}", "!a", "$(x)", "`x`", "%s%n",
    "ünï☃", "e\u0301", "new\nline", "\x1b[31mred", "\u202elsnoj", " blanks ", "-rf", "~", "#x",
    "\\",    "x" * 255, "0000000", "a..b", "con", "C:", "\udcff\udcfe",
)  # fmt: skip


def test_names_that_are_code_elsewhere_are_names(ground):
    expected = []
    for number, name in enumerate(NAMES):
        in_file = f"{name[: 255 - 6]}.jsonl"
        for kind, path in (("in", f"{REQUESTS}/{name}/a.jsonl"), ("as", f"{REQUESTS}/a/{in_file}")):
            lines = (row(request_id=f"{number} {kind} {part}") for part in range(3))
            drop(ground, path, b"".join(lines))
            shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
            expected.append((shown, 3, 3, 0))
    result = ground.land()
    query = "select path, rows_read, rows_landed, rows_rejected from files"
    assert sorted(ground.query(query)) == sorted(expected)
    assert ground.value("select count(distinct request_id) from api_requests") == 3 * len(expected)
    assert result.warnings == []
    assert ground.land().batch_ids == []


def test_names_that_nobody_reads_are_said_on_one_line(ground):
    drop_good(ground)
    for name in ("new\nline.txt", "\x1b[31mred.txt", "\udcff.txt"):
        drop(ground, f"{REQUESTS}/{name}", b"x")
        drop(ground, f"elsewhere {name}/a.jsonl", GOOD)
    result = ground.land()
    assert result.rows_landed == len(GOOD_ROWS)
    assert len(result.warnings) == 1
    assert_plain(result.warnings[0])


# -- What is not a file ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.jsonl.gz"])
def test_a_pipe_is_named_and_does_not_hold_up_anybody(ground, name):
    drop_good(ground)
    os.mkfifo(ground.data.landing / REQUESTS / name)
    (ground.data.landing / REQUESTS / f"link to {name}").symlink_to(name)
    result = ground.land()
    assert result.rows_landed == len(GOOD_ROWS)
    assert f"{REQUESTS}/{name}" in result.warnings[0]
    assert f"{REQUESTS}/link to {name}" in result.warnings[0]


@pytest.mark.parametrize("path", ["sample.json", "api_gateway", REQUESTS])
def test_a_pipe_where_something_else_is_expected_does_not_hold_up_anybody(ground, path):
    drop(ground, "crm/contacts/a.jsonl", b'{"contact_id":"c","email":"a@b.example"}\n')
    (ground.data.landing / path).parent.mkdir(exist_ok=True)
    os.mkfifo(ground.data.landing / path)
    assert path in said_by(ground)


def test_a_socket_is_named(ground, monkeypatch):
    drop_good(ground)
    monkeypatch.chdir(ground.data.landing / REQUESTS)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.jsonl")
        result = ground.land()
    assert result.rows_landed == len(GOOD_ROWS)
    assert f"{REQUESTS}/a.jsonl" in result.warnings[0]


def test_a_device_behind_a_link_is_named(ground):
    drop_good(ground)
    (ground.data.landing / REQUESTS / "a.jsonl").symlink_to("/dev/zero")
    result = ground.land()
    assert result.rows_landed == len(GOOD_ROWS)
    assert f"{REQUESTS}/a.jsonl" in result.warnings[0]


def test_links_that_lead_nowhere_or_in_circles_are_named_or_harmless(ground):
    drop_good(ground)
    folder = ground.data.landing / REQUESTS
    (folder / "dangling.jsonl").symlink_to("nowhere.jsonl")
    (folder / "one.jsonl").symlink_to("other.jsonl")
    (folder / "other.jsonl").symlink_to("one.jsonl")
    (folder / "itself").symlink_to(".")
    (folder / "above").symlink_to("..")
    (folder / "again.jsonl").symlink_to("zz.jsonl")
    result = ground.land()
    assert result.rows_landed == len(GOOD_ROWS)
    assert landed_good(ground) == GOOD_ROWS
    for name in ("dangling.jsonl", "one.jsonl", "other.jsonl"):
        assert f"{REQUESTS}/{name}" in " ".join(result.warnings)
    for warning in result.warnings:
        assert_plain(warning)


def test_a_folder_named_like_a_file_is_a_folder(ground):
    for name in ("a.jsonl", "b.csv", "c.parquet", "d.jsonl.gz", "e.json"):
        drop(ground, f"{REQUESTS}/{name}/inside.jsonl", row(request_id=name))
    (ground.data.landing / REQUESTS / "empty.jsonl").mkdir()
    result = ground.land()
    assert (result.rows_landed, result.warnings) == (5, [])


@pytest.mark.parametrize("path", ["api_gateway", REQUESTS, f"{REQUESTS}.jsonl"])
def test_a_file_where_a_folder_should_be_is_named(ground, path):
    drop(ground, "crm/contacts/a.jsonl", b'{"contact_id":"c","email":"a@b.example"}\n')
    drop(ground, path, GOOD)
    result = ground.land()
    assert result.rows_landed == 1
    assert path in " ".join(result.warnings)


def said_by(ground: Ground) -> str:
    """What a landing says in plain sentences, be it a warning or the reason why it ended."""
    try:
        sentences = ground.land().warnings
    except LandingError as error:
        sentences = [str(error)]
    for sentence in sentences:
        assert_plain(sentence)
    return "\n".join(sentences)


# -- Access ----------------------------------------------------------------------------------------


@pytest.fixture
def open_ground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """A data folder that an unprivileged user can reach and owns."""
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder))
        # What is imported late is imported here, by a user who may read it.
        for number in range(2):
            drop_good(ground)
            drop(ground, f"{REQUESTS}/oops.jsonl", b"%d" % number)
            ground.land()
        (ground.data.landing / REQUESTS / "oops.jsonl").unlink()
        shutil.rmtree(ground.data.raw)
        yield ground
        for path in (ground.data.root, ground.data.landing, ground.data.raw):
            if path.is_dir():
                path.chmod(0o700)


@contextmanager
def unprivileged(ground: Ground) -> Iterator[None]:
    """As a user to whom permissions apply; root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    for path in (ground.data.root, *ground.data.root.rglob("*")):
        os.chown(path, UNPRIVILEGED, UNPRIVILEGED, follow_symlinks=False)
    os.seteuid(UNPRIVILEGED)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("path", ["x.jsonl", "x.csv.gz", "deeper/x.jsonl"])
def test_what_may_not_be_read_is_left_and_lands_when_it_may(open_ground, path):
    ground = open_ground
    content = gzip.compress(CSV + CSV_ROW) if path.endswith("gz") else GOOD
    file = drop(ground, f"{REQUESTS}/{path}", content)
    denied = file if file.parent.name == "api_requests" else file.parent
    denied.chmod(0)
    with unprivileged(ground):
        with pytest.raises(PermissionError):
            file.read_bytes()
        result = ground.land()
        assert result.rows_landed == len(GOOD_ROWS)
        (warning,) = result.warnings
        assert_plain(warning)
        assert path.split("/")[0] in warning and "Permission denied" in warning
        denied.chmod(0o700)
        assert ground.land().rows_landed == 1


@pytest.mark.parametrize("name", ["", "landing", "landing/api_gateway", f"landing/{REQUESTS}"])
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o100])
def test_a_folder_that_may_not_be_entered_or_listed_is_named(open_ground, name, mode):
    ground = open_ground
    with unprivileged(ground):
        ground.land()
        folder = ground.data.root / name
        (folder / "new.jsonl").touch()
        folder.chmod(mode)
        try:
            said = said_by(ground)
        finally:
            folder.chmod(0o700)
        if name or mode != 0o100:  # a data folder need not be listed
            assert (name.removeprefix("landing/") or str(ground.data.root)) in said
            assert "ermission denied" in said
        assert landed_good(ground) == GOOD_ROWS


@pytest.mark.parametrize("place", ["raw", "raw/batches"])
def test_a_raw_that_may_not_be_written_is_said_and_lands_when_it_may(open_ground, place):
    ground = open_ground
    with unprivileged(ground):
        ground.land()
        before = ground.content()
        drop(ground, f"{REQUESTS}/new.jsonl", row(request_id="new"))
        (ground.data.root / place).chmod(0o500)
        # Landing may as well put the permissions right: the folder is its own.
        said = said_by(ground)
        (ground.data.root / place).chmod(0o700)
        assert said == "" or place in said
        if said:
            assert ground.content() == before
            ground.land()
        assert ground.value("select count(*) from api_requests where request_id = 'new'") == 1


@pytest.mark.parametrize("place", ["raw", "raw/batches", "landing"])
def test_a_file_in_place_of_a_folder_of_ours_is_said_and_left_alone(ground, place):
    drop_good(ground)
    folder = ground.data.root / place
    moved = folder.with_name("moved")
    if folder.exists():
        folder.rename(moved)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("somebody's")
    with pytest.raises(LandingError) as raised:
        ground.land()
    assert_plain(str(raised.value))
    assert str(folder) in str(raised.value)
    assert folder.read_text() == "somebody's"
    folder.unlink()
    if moved.exists():
        moved.rename(folder)
    assert ground.land().rows_landed == len(GOOD_ROWS)


def test_a_landing_that_became_a_file_is_not_an_empty_one(ground):
    drop_good(ground)
    ground.land()
    shutil.rmtree(ground.data.landing)
    ground.data.landing.write_text("somebody's")
    assert "landing" in said_by(ground)


# -- While it is being read ------------------------------------------------------------------------

ON_OPEN: dict[str, Callable[[], object]] = {}


def _audit(event: str, arguments: tuple) -> None:
    if ON_OPEN and event == "open" and isinstance(arguments[0], str | os.PathLike):
        act = ON_OPEN.pop(os.path.basename(arguments[0]), None)  # noqa: PTH119
        if act:
            act()


sys.addaudithook(_audit)


@pytest.mark.parametrize("becomes", ["nothing", "a folder", "a link to nothing", "empty"])
@pytest.mark.parametrize("name", ["m.jsonl", "m.csv.gz", "m.parquet"])
def test_a_file_that_vanishes_before_it_is_read_is_left_for_the_next_time(ground, becomes, name):
    drop_good(ground)
    content = {
        "m.jsonl": GOOD,
        "m.csv.gz": gzip.compress(CSV + CSV_ROW),
        "m.parquet": parquet(f"{TIME}, 200 as status_code", 1),
    }[name]
    file = drop(ground, f"{REQUESTS}/{name}", content)

    def vanish() -> None:
        file.unlink()
        if becomes == "a folder":
            file.mkdir()
        elif becomes == "a link to nothing":
            file.symlink_to("nowhere")
        elif becomes == "empty":
            file.write_bytes(b"")

    ON_OPEN[name] = vanish
    result = ground.land()
    assert ON_OPEN == {}
    assert landed_good(ground) == GOOD_ROWS
    assert f"{REQUESTS}/{name}" in " ".join(result.warnings)
    for warning in result.warnings:
        assert_plain(warning)
    (file.rmdir if becomes == "a folder" else lambda: file.unlink(missing_ok=True))()
    drop(ground, f"{REQUESTS}/{name}", content)
    assert ground.land().rows_landed == 1


class _ActsOnRead:
    """A connection on which something happens before the n-th statement that reads a file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, n: int, act: Callable) -> None:
        self._connection, self._before, self._act = connection, n, act

    def execute(self, sql: str, *parameters: object) -> object:
        if ".incoming-scratch/files" in sql:
            self._before -= 1
            if self._before == 0:
                self._act()
        return self._connection.execute(sql, *parameters)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def some_jsonl(request_id: str) -> bytes:
    return row(request_id=request_id)


def some_csv(request_id: str) -> bytes:
    # The blank line is no row, so that the lines are counted once more.
    return b"request_id," + CSV + b"\n" + request_id.encode() + b"," + CSV_ROW


def some_parquet(request_id: str) -> bytes:
    return parquet(f"{TIME}, 200 as status_code, '{request_id}' as request_id", 1)


@pytest.mark.parametrize(
    ("ending", "some"), [("jsonl", some_jsonl), ("csv", some_csv), ("parquet", some_parquet)]
)
def test_a_file_that_vanishes_before_any_statement_spoils_nothing(
    ground, monkeypatch, ending, some
):
    connect, stay = landing._connect, []
    for number in range(1, 100):
        file = drop(ground, f"{REQUESTS}/goes.{ending}", some("goes"))
        stay.append(f"stays{number:02d}")
        drop(ground, f"{REQUESTS}/{stay[-1]}.{ending}", some(stay[-1]))

        @contextmanager
        def acting(scratch: Path, n: int = number, act: Callable = file.unlink) -> Iterator:
            with connect(scratch) as connection:
                yield _ActsOnRead(connection, n, act)

        monkeypatch.setattr(landing, "_connect", acting)
        warnings = ground.land().warnings
        for warning in warnings:
            assert_plain(warning)
        landed = ground.query("select request_id from api_requests order by all")
        if file.exists():
            break
        assert f"goes.{ending}" in " ".join(warnings)
        assert landed == [(each,) for each in stay]
    assert number > 2
    assert landed == [(each,) for each in ("goes", *stay)]


def test_files_that_come_go_and_grow_all_the_time_are_landed_whole_or_not_at_all(ground):
    drop_good(ground)
    ends = threading.Event()

    def disturb() -> None:
        number = 0
        while not ends.is_set():
            number += 1
            name = f"{REQUESTS}/d{number % 7}.{('jsonl', 'csv')[number % 2]}"
            lines = [row(request_id=f"{number}-{part}", api="d") for part in range(200)]
            if number % 2:
                lines = [b"requested_at,status_code,request_id,api\n"] + [
                    b"2026-03-01,200,%d-%d,d\n" % (number, part) for part in range(200)
                ]
            file = drop(ground, name, b"".join(lines))
            time.sleep(0.002)
            if number % 3:
                file.unlink()

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    try:
        give_up_at = time.monotonic() + 2.5
        while time.monotonic() < give_up_at:
            for warning in ground.land().warnings:
                assert_plain(warning)
    finally:
        ends.set()
        disturbing.join()
    ground.land()
    assert landed_good(ground) == GOOD_ROWS
    wrong = "rows_read <> rows_landed + rows_rejected"
    assert ground.value(f"select count(*) from files where {wrong}") == 0
    sums = "select sum(rows_landed) from files"
    assert ground.value(sums) == ground.value("select count(*) from api_requests")
    for path in (ground.data.landing / REQUESTS).glob("d*"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert ground.value("select rows_landed from files where file_hash = $h", h=digest) == 200


# -- A full disk -----------------------------------------------------------------------------------


def land_on_full_disk(ground: Ground, free_bytes: int, *command: str) -> str:
    """A landing whose files cannot grow beyond a size; returns what it said."""
    done = subprocess.run(
        [sys.executable, *(command or ("-m", "orchestration", "land"))],
        cwd=PROJECT,
        env={**os.environ, "NORTH_STAR_DATA": str(ground.data.root)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, free_bytes)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("free_bytes", [0, 100, 1_000, 20_000])
def test_a_full_disk_is_said_and_the_next_landing_lands_everything(ground, free_bytes):
    drop_good(ground)
    if free_bytes > 100:
        ground.land()
    before = ground.content() if ground.data.raw.exists() else {}
    drop(ground, f"{REQUESTS}/many.jsonl", b"".join(map(incompressible, range(3_000))))
    said = land_on_full_disk(ground, free_bytes)
    assert "Traceback" not in said, said[-2000:]
    assert re.search("[Ff]ile too large|could not|failed to write", said), said
    after = ground.content() if ground.data.raw.exists() else {}
    rows_only = {path: content for path, content in after.items() if path.endswith(".parquet")}
    assert {path: rows_only[path] for path in before if path in rows_only} == {
        path: content for path, content in before.items() if path.endswith(".parquet")
    }
    assert not re.search("(?m)^Landed", said)
    ground.land()
    assert landed_good(ground) == GOOD_ROWS
    assert ground.value("select count(*) from api_requests") == 3_000 + len(GOOD_ROWS)
    assert ground.value("select count(*) from files") == len(GOOD_ROWS) + 1


def incompressible(number: int) -> bytes:
    """A line whose content cannot be packed small."""
    noise = hashlib.sha256(str(number).encode()).hexdigest()
    return row(request_id=noise, path="/" + noise[::-1])


@pytest.mark.parametrize("free_bytes", [0, 20])
def test_a_full_disk_does_not_spoil_the_development_key(ground, monkeypatch, free_bytes):
    monkeypatch.delenv("NORTH_STAR_TOKEN_KEY")
    drop_good(ground)
    # Without the command's lock, whose own file would be the first that is too large.
    land = "from orchestration.landing import land; from orchestration.settings import DataFolder"
    land_on_full_disk(ground, free_bytes, "-c", f"{land}; land(DataFolder.from_environment())")
    assert ground.land().rows_landed == len(GOOD_ROWS)
