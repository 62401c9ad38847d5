"""Formats that are declared in formats/: what lines become, and what is said of wrong ones."""

from __future__ import annotations

import csv
import gzip
import json
import re
import textwrap
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.landing import formats
from orchestration.landing.contract import Table, read_contract
from orchestration.landing.errors import LandingError
from orchestration.landing.formats import Format, detect, read_formats
from orchestration.landing.readers import BLANK, SKIPPED
from orchestration.landing.secrets import mask_expression
from orchestration.settings import PROJECT

ACCESS_LOGS = PROJECT.parent / "shared" / "data" / "access_logs"
SHIPPED = read_formats()
NAMES = sorted(entry.name for entry in formats.FOLDER.iterdir() if entry.is_dir())
CONTRACT = read_contract()
REQUESTS = next(table for table in CONTRACT.tables if table.name == "api_requests")

PLAIN = {
    "description": "A line of a test.",
    "documentation": "https://example.com/format",
    "line": {"pattern": r"(?P<time>\S+) (?P<user>\S+) (?P<status>\S+)(?: (?P<rest>.*))?"},
    "columns": {"requested_at": "time::timestamptz", "token": "user", "status_code": "status"},
}


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


@pytest.fixture
def declare(tmp_path):
    """Writes a format.yml and reads it."""

    def write(name: str = "plain", **changes: object) -> Format:
        folder = tmp_path / "formats" / name
        folder.mkdir(parents=True, exist_ok=True)
        given = {key: value for key, value in (PLAIN | changes).items() if value is not None}
        (folder / "format.yml").write_text(yaml.safe_dump(given))
        return read_formats(tmp_path / "formats")[name]

    return write


@pytest.fixture
def read(connection):
    """Reads lines with a format: problem, text and inputs of each."""

    def rows(format: Format, *lines: str, table: Table = REQUESTS) -> list[dict]:
        connection.execute(
            "create or replace temp table given as "
            "select 7 as _file, unnest($l::varchar[]) as line",
            {"l": list(lines)},
        )
        reader = format.reader(table, "given")
        inputs = "".join(f", {value} as {name}" for name, value in reader.inputs.items())
        masked = mask_expression(reader.text, CONTRACT.secret_names)
        found = connection.execute(
            f"select _file, _declared, {reader.problem} as problem, {masked} as text, "
            f"line as given{inputs} from ({reader.relation})"
        )
        names = [column[0] for column in found.description]
        made = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        assert [row["given"] for row in made] == list(lines)
        assert {(row["_file"], row["_declared"]) for row in made} == {(7, None)}
        return made

    return rows


def _lines(name: str) -> list[str]:
    return (formats.FOLDER / name / "example.log").read_text().splitlines()


# -- What is shipped -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_example_becomes_what_is_expected(name):
    table = formats.table_of(SHIPPED[name], CONTRACT.tables)
    assert formats.check(SHIPPED[name], table) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_shows_rows_and_something_that_is_none(name):
    expected = [
        json.loads(line)
        for line in (formats.FOLDER / name / "expected.jsonl").read_text().splitlines()
    ]
    assert sum("reject" not in row for row in expected) >= 3
    assert any("reject" in row for row in expected)


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_an_example_is_one_of_another_format(name, read):
    for other, format in SHIPPED.items():
        if other == name:
            continue
        for row in read(format, *_lines(name)):
            has_row = row["problem"] is None and row["requested_at"] and row["status_code"]
            assert not has_row, f"{other} reads {row['given']}"


@pytest.mark.parametrize("name", NAMES)
def test_the_good_lines_of_an_example_are_recognised(name, connection, tmp_path):
    rejected = {
        row["line"]
        for row in map(json.loads, (formats.FOLDER / name / "expected.jsonl").open())
        if "reject" in row
    }
    good = [line for number, line in enumerate(_lines(name), 1) if number not in rejected]
    path = tmp_path / "access.log"
    path.write_text("\n".join(good))
    found = detect(connection, str(path), "none", list(SHIPPED.values()), REQUESTS)
    assert (found.name, found.problem) == (name, None)


def test_reading_the_formats_twice_gives_the_same():
    assert read_formats() == SHIPPED
    assert list(SHIPPED) == NAMES


# -- Real logs -------------------------------------------------------------------------------------


@pytest.fixture
def real_lines():
    def lines(name: str) -> list[str]:
        path = ACCESS_LOGS / name
        if not path.is_file():
            pytest.skip(f"shared/data/access_logs/{name} is not beside this project")
        return path.read_text().splitlines()

    return lines


def test_every_line_of_a_real_combined_log_is_a_request(read, real_lines):
    rows = read(SHIPPED["combined"], *real_lines("apache_logs"))
    assert len(rows) == 10_000
    for name in ("requested_at", "status_code", "method", "path", "client_ip"):
        assert all(row[name] is not None for row in rows), name
    assert Counter(row["problem"] for row in rows) == {None: 10_000}


def test_the_calls_in_a_real_nova_log_are_those_that_are_known(read, real_lines):
    rows = read(SHIPPED["openstack_nova"], *real_lines("nova_api.log"))
    assert Counter(row["problem"] for row in rows) == {None: 928, SKIPPED: 1_072}
    calls = [row for row in rows if row["problem"] is None]
    truth = csv.DictReader((ACCESS_LOGS / "truth_nova_api_calls.csv").open())
    expected: dict[str, dict[str, int]] = {}
    for row in truth:
        expected.setdefault(row["dimension"], {})[row["value"]] = int(row["calls"])
    for dimension, column in (
        ("user_id", "token"),
        ("tenant_id", "application_id"),
        ("status", "status_code"),
    ):
        assert Counter(row[column] or "-" for row in calls) == expected[dimension]
    # The endpoints are paths with their ids replaced, so what has no id can be compared.
    found = Counter(f"{row['method']} {row['path']}" for row in calls)
    for endpoint, count in expected["endpoint"].items():
        if "{id}" not in endpoint:
            assert found[endpoint] == count, endpoint


# -- Cutting lines ---------------------------------------------------------------------------------


MANY = [f"f{number}" for number in range(14)]
LISTED = "".join(
    rf"(?P<{name}>[a-z]*){',' if number % 3 else ', ?'}"
    if number % 4
    else rf"(?:(?P<{name}>\d+)!)?"
    for number, name in enumerate(MANY)
)


@pytest.mark.parametrize("used", [MANY[:3], MANY[:5], MANY[3:11], MANY, MANY[::2]])
@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        (LISTED, ["7!a,b,c, 8!d,e, f,9!g, h,i,1!j,", "a,b,c,,,,,,,,", "a,b", "7!", ""]),
        # What follows stands outside of the sequence that a pattern is divided by.
        (f"(?i){LISTED}", ["7!A,B,C, 8!D,E, F,9!G, H,I,1!J,", "a,B,c,,,,,,,,"]),
        (
            r"(?P<f4>b)|(?P<f0>a)(?P<f1>b)(?P<f2>c)(?P<f3>d)(?P<f5>e)(?P<f6>f)(?P<f7>[|])",
            ["b", "abcdef|", "bc", "a"],
        ),
        (
            r"y(?P<f0>\Bx)(?P<f1>z)(?P<f2>v\B)(?P<f3>w)(?P<f4>\Bu)(?P<f5>t)(?P<f6>-$)",
            ["yxzvwut-"],
        ),
        (
            r"(?P<f0>a+)(?P<f1>a*)(?P<f2>(?:a|b)+?)(?P<f3>b*)(?P<f4>[^)(]{1,2}?)(?P<f5>[^(]*)"
            r"(?P<f6>\Q(\E)(?P<f7>[](]?)(?P<f8>[[:alpha:](]+)(x)?(?P<f9>\)){0,2}",
            ["aaabbbbcc((d", "aab((x))", "abbb(](x", "aaabbcc((xx)", "aab(?xx", "aab((x?", "abb))"],
        ),
    ],
)
def test_a_divided_pattern_finds_what_the_whole_finds(
    declare, read, connection, pattern, lines, used
):
    names = [name for name in MANY if f"<{name}>" in pattern]
    used = [name for name in used if name in names]
    shown = f"concat_ws(';', {', '.join(used)})"
    columns = {"requested_at": "''", "status_code": shown}
    format = declare(line={"pattern": pattern}, columns=columns)
    unnamed = pattern.replace("(x)", "(?:x)")
    keys = ", ".join(f"'{name}'" for name in sorted(names, key=pattern.index))
    matched = 0
    for line, row in zip(lines, read(format, *lines), strict=True):
        found, matches = connection.execute(
            f"select regexp_extract($line, '^(?:{unnamed})$', [{keys}]), "
            f"regexp_full_match($line, '{unnamed}')",
            {"line": line},
        ).fetchone()
        assert (row["problem"] is None) == matches
        if matches:
            matched += 1
            assert row["status_code"] == ";".join(found[name] for name in used if found[name])
    assert matched


def test_a_line_that_matches_without_a_value_is_a_row(declare, read):
    format = declare(line={"pattern": "(?:a(?P<time>b)?(?P<user>c)?(?P<status>d)?)?"})
    rows = read(format, "a", "", "x")
    assert [row["problem"] for row in rows] == [None, None, "the line is not in the format plain"]


def test_a_pattern_has_to_match_the_whole_line(declare, read):
    format = declare(line={"pattern": r"(?P<time>\d+) (?P<user>\w+) (?P<status>\d+)"})
    rows = read(format, "1 a 200", "x1 a 200", "1 a 200x", "1 a 200 ")
    assert [row["problem"] is None for row in rows] == [True, False, False, False]


def test_a_pattern_may_be_written_in_parts(declare, read):
    parts = [r"(?P<time>\S+) ", r"(?P<user>\S+) ", r"(?P<status>\S+)"]
    (row,) = read(declare(line={"pattern": parts}), "2026-03-14T10:00:00Z ida 200")
    assert (row["token"], row["status_code"]) == ("ida", "200")


def test_a_missing_value_is_null_in_every_field(declare, read):
    format = declare(missing="-", columns=PLAIN["columns"] | {"path": "rest", "method": "user"})
    rows = read(format, "2026-03-14T10:00:00Z - 200 -", "2026-03-14T10:00:00Z -- 200")
    assert [(row["token"], row["path"], row["method"]) for row in rows] == [
        (None, None, None),
        ("--", None, "--"),
    ]


@pytest.mark.parametrize("blank", ["", " ", "\t "])
def test_a_blank_line_is_nothing(declare, read, blank):
    (row,) = read(declare(), blank)
    assert row["problem"] == BLANK


def test_skipped_lines_are_told_from_broken_ones(declare, read):
    rows = read(declare(skip="^#|notice"), "#comment", "a notice", "broken")
    assert [row["problem"] for row in rows] == [
        SKIPPED,
        SKIPPED,
        "the line is not in the format plain",
    ]


def test_what_a_pattern_takes_is_not_skipped(declare, read):
    (row,) = read(declare(skip="ida"), "2026-03-14T10:00:00Z ida 200")
    assert row["problem"] is None


def test_skip_comes_first_where_any_line_can_be_read(declare, read):
    delimited = {"delimiter": " ", "fields": ["time", "user", "status"]}
    paths = {"json": {"time": "t", "user": "u", "status": "s"}}
    for line, text in ((delimited, "#Fields: time user status"), (paths, '{"level": "debug"}')):
        (row,) = read(declare(line=line, skip="^#|debug"), text)
        assert row["problem"] == SKIPPED


def test_too_few_fields_are_a_reject_and_too_many_are_not(declare, read):
    line = {"delimiter": "\t", "fields": ["time", "user", "status"]}
    rows = read(declare(line=line), "2026-03-14\tida\t200\tnew\tnewer", "2026-03-14\tida", "what")
    assert [row["problem"] for row in rows] == [
        None,
        "the line has 2 fields, the format plain 3",
        "the line has 1 field, the format plain 3",
    ]
    assert (rows[0]["token"], rows[0]["status_code"]) == ("ida", "200")


def test_a_delimiter_is_a_text_and_no_pattern(declare, read):
    line = {"delimiter": "|.", "fields": ["time", "user", "status"]}
    (row,) = read(declare(line=line), "2026-03-14|.ida|x|.200")
    assert (row["problem"], row["token"], row["status_code"]) == (None, "ida|x", "200")


def test_json_is_read_by_path(declare, read):
    line = {"json": {"time": "at", "user": "request.headers.x-user", "status": "response.status"}}
    good = {
        "at": "2026-03-14T10:00:00Z",
        "request": {"headers": {"x-user": 'a "b"', "x": [1]}},
        "response": {"status": 200},
    }
    rows = read(
        declare(line=line),
        json.dumps(good),
        '  {"at": null, "request": "GET"}',
        '{"at": ',
        "[1]",
        "null",
    )
    assert (rows[0]["token"], rows[0]["status_code"]) == ('a "b"', "200")
    assert [row["problem"] for row in rows[1:]] == [
        None,
        *["the line is not in the format plain"] * 3,
    ]
    assert (rows[1]["requested_at"], rows[1]["token"]) == (None, None)


# -- Expressions -----------------------------------------------------------------------------------


def test_an_expression_that_fails_is_null_in_its_row_only(declare, read):
    columns = PLAIN["columns"] | {"latency_ms": "rest::integer * 2", "path": "rest::integer"}
    rows = read(
        declare(columns=columns),
        *(f"2026-03-14T10:00:00Z ida 200 {rest}" for rest in (21, "x", 9_999_999_999, 4)),
        "yesterday ida 200 5",
    )
    assert [row["latency_ms"] for row in rows] == [42, None, None, 8, 10]
    assert [row["path"] for row in rows] == ["21", None, None, "4", "5"]
    assert [row["requested_at"] is None for row in rows] == [False] * 4 + [True]
    assert all(row["problem"] is None for row in rows)


def test_an_expression_may_compute_a_failing_part_twice(declare, read):
    columns = PLAIN["columns"] | {"latency_ms": "rest::double + rest::double"}
    rows = read(declare(columns=columns), "2026-03-14 ida 200 x", "2026-03-14 ida 200 2")
    assert [row["latency_ms"] for row in rows] == [None, 4]


@pytest.mark.parametrize(
    ("column", "expression", "kind"),
    [
        ("requested_at", "time::timestamp", "TIMESTAMP"),
        ("requested_at", "time::timestamptz", "TIMESTAMP WITH TIME ZONE"),
        ("requested_at", "time::date", None),
        ("requested_at", "epoch_ms(time::timestamp)", None),
        ("latency_ms", "status::double", "DOUBLE"),
        ("latency_ms", "status::bigint", "BIGINT"),
        ("latency_ms", "status::decimal(9, 3)", None),
        ("status_code", "status::integer", "INTEGER"),
        ("status_code", "status::double", None),
        ("is_success", "status = '200'", "BOOLEAN"),
        ("path", "status::integer", None),
        ("token", "status::integer", None),
        ("token_id", "status::integer", None),
    ],
)
def test_a_type_is_kept_where_the_column_takes_it(declare, read, column, expression, kind):
    format = declare(columns=PLAIN["columns"] | {column: expression})
    assert format.reader(REQUESTS, "given").types.get(column) == kind
    (row,) = read(format, "2026-03-14 ida 200")
    assert row[column] is not None
    assert isinstance(row[column], str) == (kind is None)


@pytest.mark.parametrize("value", ["infinity", "-inf", "nan", "1e999"])
def test_no_value_is_infinite(declare, read, value):
    columns = PLAIN["columns"] | {"latency_ms": "user::double", "requested_at": "time::timestamp"}
    (row,) = read(declare(columns=columns), f"infinity {value} 200")
    assert (row["latency_ms"], row["requested_at"]) == (None, None)


def test_an_expression_may_end_in_a_comment(declare, read):
    columns = PLAIN["columns"] | {"token": "user -- the caller"}
    (row,) = read(declare(columns=columns), "2026-03-14 ida 200")
    assert row["token"] == "ida"


def test_fields_are_not_taken_for_columns_of_landings_own(declare, read):
    line = {"pattern": r"(?P<x0>\S+) (?P<s0>\S+) (?P<p>\S+)"}
    columns = {"requested_at": "x0", "token": "s0", "status_code": "p"}
    (row,) = read(declare(line=line, columns=columns), "2026-03-14 ida 200")
    assert (row["requested_at"], row["token"], row["status_code"]) == ("2026-03-14", "ida", "200")


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table given; --",
        '"}{[]()|\\^$*+?.',
        "a\x00b",
        "\u2028\ufeffé\U0001f600",
        "x" * 1_500_000,
        r"\1\0${x}%s{}",
    ],
)
@pytest.mark.parametrize("kind", ["pattern", "delimited", "json"])
def test_contents_are_only_text(declare, read, text, kind):
    line, given = {
        "pattern": ({"pattern": "(?P<time>\t?[^\t]+)\t(?P<user>[^\t]+)\t(?P<status>.+)"}, None),
        "delimited": ({"delimiter": "\t", "fields": ["time", "user", "status"]}, None),
        "json": ({"json": {"time": "t", "user": "u", "status": "s"}}, "json"),
    }[kind]
    row = {"t": "2026-03-14", "u": text, "s": "200"}
    format = declare(line=line)
    good, bad = read(format, json.dumps(row) if given else "\t".join(row.values()), text)
    assert (good["problem"], good["token"], good["status_code"]) == (None, text, "200")
    assert bad["problem"]
    assert len(bad["text"]) <= 2_000


# -- What a reject shows ---------------------------------------------------------------------------


def test_secrets_of_a_line_that_was_read_are_masked(declare, read):
    columns = PLAIN["columns"] | {"client_ip": "rest", "token": "lower(user)"}
    (row,) = read(declare(columns=columns), "yesterday Frank 200 frank.Frank.example.net")
    assert row["text"] == "yesterday *** 200 ***"


def test_query_strings_of_a_line_that_was_read_are_masked(declare, read):
    columns = PLAIN["columns"] | {"path": "rest"}
    (row,) = read(declare(columns=columns), "yesterday ida 200 /v1/orders?sig=abc&page=2#x")
    assert row["text"] == "yesterday *** 200 /v1/orders?sig=***&page=***#x"


def test_secrets_written_in_other_characters_are_masked_too(declare, read):
    line = {"json": {"time": "t", "user": "u", "status": "s"}}
    (row,) = read(declare(line=line), r'{"t": "x", "u": "key\u002d4711abc\/z", "s": "200"}')
    assert row["token"] == "key-4711abc/z"
    assert "4711abc" not in row["text"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("broken: key k3y47abcd here", "broken: key *** here"),
        ("broken 12345678 abcdefgh", "broken 12345678 abcdefgh"),
        ("a1b2c3d not eight", "a1b2c3d not eight"),
        ("x_1234567 and abcdefg1", "*** and ***"),
        ("GET /a?sig=ab&p=2 HTTP/1.1", "GET /a?sig=***&p=*** HTTP/1.1"),
        ("from 203.0.113.7 and frank@example.com", "from *** and ***"),
    ],
)
def test_a_line_that_was_not_read_is_masked_more_strictly(declare, read, line, shown):
    (row,) = read(declare(line={"pattern": "(?P<time>!)(?P<user>!)(?P<status>!)"}), line)
    assert (row["problem"], row["text"]) == ("the line is not in the format plain", shown)


# -- Recognising -----------------------------------------------------------------------------------

GOOD = "2026-03-14T10:00:00Z ida 200\n"


@pytest.fixture
def recognise(connection, tmp_path):
    def found(content: str, *candidates: Format, name: str = "a.log") -> tuple[str, ...]:
        path = tmp_path / name
        path.write_bytes(content.encode())
        return detect(connection, str(path), "none", candidates, REQUESTS).names

    return found


def test_a_file_is_in_the_one_format_that_fits(declare, recognise):
    plain = declare()
    other = declare("other", line={"delimiter": ",", "fields": ["time", "user", "status"]})
    assert recognise(GOOD, plain, other) == ("plain",)
    assert recognise(GOOD.replace(" ", ","), plain, other) == ("other",)


def test_a_file_that_fits_none_or_several_is_in_no_format(declare, connection, tmp_path):
    formats = [declare(), declare("same")]
    path = tmp_path / "a.log"
    path.write_text(GOOD)
    both = detect(connection, str(path), "none", formats, REQUESTS)
    assert (both.name, both.names) == (None, ("plain", "same"))
    assert both.problem == "plain and same fit alike"
    path.write_text("what is this\n")
    none = detect(connection, str(path), "none", formats, REQUESTS)
    assert (none.name, none.problem) == (None, "no format fits its first lines")
    assert detect(connection, str(path), "none", [], REQUESTS).names == ()


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        ("", False),
        ("\n \n", False),
        ("\n\n" + GOOD + "\n" + GOOD, True),
        ("#comment\n" + GOOD, True),
        ("#comment\n", False),
        (GOOD + "broken\n", False),
        (GOOD + "yesterday ida 200\n", False),
        (GOOD + "2026-03-14T10:00:00Z ida OK\n", False),
        (GOOD * 100 + "broken\n", True),
        (GOOD * 99 + "broken\n", False),
        ("\n" * 500 + GOOD * 100 + "broken\n", True),
        (GOOD.rstrip() + "\r\n" + GOOD, True),
    ],
)
def test_a_format_fits_when_each_of_the_first_lines_gives_a_row(declare, recognise, content, fits):
    assert recognise(content, declare(skip="^#")) == (("plain",) if fits else ())


def test_compressed_files_are_recognised(declare, connection, tmp_path):
    format = declare()
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(GOOD.encode() * 10))
    assert detect(connection, str(packed), "gzip", [format], REQUESTS).name == "plain"
    packed = tmp_path / "a.zst"
    connection.execute(
        f"copy (select '{GOOD.strip()}' from range(10)) to '{packed}' "
        "(format csv, header false, quote '', compression zstd)"
    )
    assert detect(connection, str(packed), "zstd", [format], REQUESTS).name == "plain"


def test_recognising_leaves_lines_out_that_are_not_utf_8(declare, connection, tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(GOOD.encode() + b"2026-03-14T10:00:00Z \xff\xfe 200\n" + GOOD.encode())
    assert detect(connection, str(path), "none", [declare()], REQUESTS).name == "plain"


# -- Declarations that are wrong -------------------------------------------------------------------


def _columns(**changes: str | None) -> dict:
    columns = PLAIN["columns"] | changes
    return {"columns": {name: value for name, value in columns.items() if value is not None}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colums": {}}, ": unknown key colums; known are description, documentation, line, skip,"),
        ({"description": None}, ": the key description is missing."),
        ({"documentation": None}, ": the key documentation is missing."),
        ({"line": None}, ": the key line is missing."),
        ({"columns": None}, ": the key columns is missing."),
        ({"description": 3}, ", description: it is not a text; put it in quotes."),
        ({"documentation": "see the wiki"}, ", documentation: it is not the address (https://"),
        ({"skip": 7}, ", skip: it is not a text"),
        ({"skip": "(?=a)"}, ", skip: it is not a regular expression of RE2: invalid perl operator"),
        ({"missing": 0}, ", missing: it is not a text"),
        ({"line": "x"}, ", line: it does not hold one of pattern, delimiter (with fields) and"),
        ({"line": {}}, ", line: it has to hold exactly one of pattern, delimiter"),
        (
            {"line": {"pattern": "(?P<a>x)", "json": {"a": "b"}}},
            ", line: it has to hold exactly one of pattern",
        ),
        ({"line": {"patern": "x"}}, ", line: unknown key patern; known are pattern, delimiter,"),
        ({"line": {"delimiter": ","}}, ", line: delimiter and fields go together."),
        ({"line": {"pattern": "(?P<a>x)", "fields": ["a"]}}, ", line: delimiter and fields go"),
        (
            {"line": {"pattern": "(?P<a>x"}},
            ", line.pattern: it is not a regular expression of RE2: missing )",
        ),
        ({"line": {"pattern": 7}}, ", line.pattern: it is not a text"),
        ({"line": {"pattern": ["a", 7]}}, ", line.pattern: it is not a text"),
        ({"line": {"pattern": "(a)"}}, ", line.pattern: it names no fields."),
        (
            {"line": {"pattern": "(?P<_a>x)"}},
            ", line.pattern: _a cannot be a field's name: a letter, then letters, digits and _.",
        ),
        ({"line": {"pattern": "(?P<a>x)(?P<A>y)"}}, ", line.pattern: two fields are named A."),
        (
            {"line": {"pattern": "(?P<order>x)"}},
            ", line.pattern: order means something else in SQL",
        ),
        ({"line": {"pattern": "(?P<line>x)"}}, ", line.pattern: line means something else in SQL"),
        ({"line": {"delimiter": "", "fields": ["a"]}}, ", line.delimiter: it is not a text"),
        ({"line": {"delimiter": ",", "fields": "a"}}, ", line.fields: it is not a list of names."),
        ({"line": {"delimiter": ",", "fields": []}}, ", line.fields: it names no fields."),
        ({"line": {"delimiter": ",", "fields": ["c-ip"]}}, ", line.fields: c-ip cannot be a field"),
        ({"line": {"delimiter": ",", "fields": ["a", "a"]}}, ", line.fields: two fields are named"),
        ({"line": {"delimiter": ",", "fields": [1]}}, ", line.fields: 1 cannot be a field's name"),
        ({"line": {"json": ["a"]}}, ", line.json: it is not a list of names with their paths."),
        ({"line": {"json": {"a": "b..c"}}}, ", line.json.a: its path is not of the form key.key"),
        (
            {"line": {"json": {"a": "b", "c": "b.d"}}},
            ", line.json: b is read both as a value and as an object.",
        ),
        ({"columns": {}}, ", columns: it does not name inputs of a raw table."),
        ({"columns": {1: "user"}}, ", columns: 1 is not a name."),
        (_columns(api=7), ", columns.api: it is not a SQL expression in text; put it in quotes."),
        (
            _columns(token="usr"),
            ", columns.token: 'usr' is not an expression over the fields time, user, status, rest: "
            'Referenced column "usr" not found',
        ),
        (_columns(token="user +"), ", columns.token: 'user +' is not an expression over"),
        (_columns(token="user, time"), ", columns.token: 'user, time' is not an expression"),
        (_columns(token="user)), ((time"), ", columns.token: 'user)), ((time' is not an expr"),
        (_columns(token="user) from x; drop table y; --"), ", columns.token: "),
        (_columns(token="max(user)"), "aggregates are not allowed"),
        (_columns(token="(select 1)"), "scalar subquery"),
        (_columns(token="unnest([user])"), ", columns.token: "),
        (_columns(token="lag(user) over ()"), ", columns.token: "),
        (_columns(token="random()"), "volatile function"),
        (_columns(token="columns(*)"), "it is more than one expression."),
        (_columns(token="$opad"), ", columns.token: "),
        (_columns(token="line"), ", columns.token: "),
        (_columns(token="x0"), ", columns.token: "),
        (_columns(token="_file"), ", columns.token: "),
        (_columns(requested_at="strptime(time, '%Q')"), ", columns.requested_at: "),
    ],
)
def test_a_wrong_declaration_is_refused_in_one_sentence(declare, tmp_path, changes, sentence):
    with pytest.raises(LandingError) as raised:
        declare(**changes)
    message = str(raised.value)
    assert message.startswith(f"{tmp_path}/formats/plain/format.yml")
    assert sentence in message
    assert message.endswith(".") and "\n" not in message


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"line: [", "cannot be read: "),
        (b"\xff", "cannot be read: "),
        (b"", "it does not hold the keys description, documentation"),
        (b"- a", "it does not hold the keys description, documentation"),
    ],
)
def test_a_file_that_declares_nothing_is_refused(tmp_path, content, sentence):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "format.yml").write_bytes(content)
    with pytest.raises(LandingError, match=r"plain/format\.yml.*" + sentence):
        read_formats(tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("My-Log", "the folder's name My-Log is not in lower case, digits and _."),
        ("jsonl", "jsonl is a layout of landing's own"),
    ],
)
def test_a_folder_needs_a_name_of_its_own(declare, name, sentence):
    with pytest.raises(LandingError, match=sentence):
        declare(name)


def test_a_folder_without_a_declaration_is_refused(tmp_path):
    (tmp_path / "plain").mkdir()
    with pytest.raises(LandingError, match=r"plain has no format\.yml"):
        read_formats(tmp_path)


def test_files_beside_the_folders_are_nothing(tmp_path):
    (tmp_path / "README.md").write_text("formats")
    (tmp_path / ".hidden").mkdir()
    assert read_formats(tmp_path) == {}
    assert read_formats(tmp_path / "nowhere") == {}


def test_messages_name_files_of_the_project_from_its_root():
    with pytest.raises(LandingError, match=r"^formats/common/format\.yml, columns\.tokn: "):
        broken = SHIPPED["common"]
        columns = broken.columns | {"tokn": "user"}
        formats.table_of(formats.replace(broken, columns=columns), CONTRACT.tables)


def test_a_format_fits_a_table_that_has_its_columns(declare):
    assert declare().fits(REQUESTS)
    without = declare(**_columns(status_code=None))
    assert not without.fits(REQUESTS)
    with pytest.raises(LandingError, match=r"status_code is missing, which api_gateway\.api_"):
        formats.table_of(without, CONTRACT.tables)
    assert not declare(**_columns(tokn="user")).fits(REQUESTS)
    assert not any(declare().fits(table) for table in CONTRACT.tables if table != REQUESTS)


# -- A user's own ----------------------------------------------------------------------------------


def test_a_users_folder_is_checked_against_its_example(declare):
    format = declare(skip="^#")
    (format.folder / "example.log").write_text(
        "# started\n2026-03-14T10:00:00.25Z ida 200 ?x\n\n2026-03-14T10:00:00Z Ida\nx ida 200\n"
    )
    with pytest.raises(LandingError, match=r"expected\.jsonl is missing"):
        formats.check(format, REQUESTS)
    path = formats.write_expected(format, REQUESTS)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {
            "line": 2,
            "requested_at": "2026-03-14T10:00:00.250000Z",
            "token": "ida",
            "status_code": 200,
        },
        {"line": 4, "reject": "the line is not in the format plain"},
        {"line": 5, "reject": "requested_at is missing"},
    ]
    assert formats.check_formats(CONTRACT.tables, format.folder.parent) == []
    shown = str(path)
    path.write_text(
        '{"line": 2, "requested_at": "2026-03-14T10:00:00.250000Z", "token": "eva", "api": "x", '
        '"status_code": 200}\n{"line": 1}\n{"line": 5, "reject": "requested_at is missing"}\n'
    )
    assert formats.check(format, REQUESTS) == [
        f"{shown}: line 1 of the example became nothing.",
        f'{shown}, line 2: token is "ida", expected "eva".',
        f'{shown}, line 2: api is nothing, expected "x".',
        f"{shown}: line 4 of the example is not expected.",
    ]
    assert formats.check_formats(CONTRACT.tables, format.folder.parent, write="plain") == []
    with pytest.raises(LandingError, match="There is no format palin"):
        formats.check_formats(CONTRACT.tables, format.folder.parent, write="palin")


@pytest.mark.parametrize("content", ["nonsense\n", "[1]\n", '{"requested_at": "x"}\n'])
def test_an_expectation_that_is_none_is_refused(declare, content):
    format = declare()
    (format.folder / "example.log").write_text(GOOD)
    (format.folder / "expected.jsonl").write_text(content)
    with pytest.raises(LandingError, match=r"expected\.jsonl, line 1: it is not a JSON object"):
        formats.check(format, REQUESTS)


def test_the_documentations_own_format_reads_its_line(tmp_path):
    page = (PROJECT / "docs" / "formats.md").read_text()
    declaration, line = (
        re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL)[1] for kind in ("yaml", "text")
    )
    folder = tmp_path / "documented"
    folder.mkdir()
    (folder / "format.yml").write_text(textwrap.dedent(declaration))
    (folder / "example.log").write_text(" ".join(line.split()))
    (row,) = formats.example_rows(read_formats(tmp_path)["documented"], REQUESTS)
    assert (row["token"], row["status_code"], row["client_ip"]) == ("0a1b2c3d", 200, "192.0.2.17")


def test_an_example_is_text(declare):
    format = declare()
    with pytest.raises(LandingError, match=r"example\.log is missing"):
        formats.example_rows(format, REQUESTS)
    Path(format.folder / "example.log").write_bytes(b"\xff")
    with pytest.raises(LandingError, match=r"example\.log cannot be read"):
        formats.example_rows(format, REQUESTS)
