"""The same rows give the same raw/ and the same marts, however they are delivered.

Any split into files of any format, any order over several landings, any file delivered again under
another name, any landing killed on its way. Two assumptions, both of definition D20: a file whose
content was landed before is not rows at all, so no two files here have equal bytes unless one is
the second delivery of the other; and rows without a request id differ in content, because equal
ones are two requests in one file and one request in two.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.landing.ground import KEY, Ground
from tests.landing.marts import build_marts
from tests.landing.packing import Row, pack

REPEATABLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

TEXT_ENDINGS = ("jsonl", "ndjson", "json", "jsonl.gz", "jsonl.zst")
CSV_ENDINGS = ("csv", "csv.gz", "csv.zst")
ANY_ENDING = (*TEXT_ENDINGS, *CSV_ENDINGS, "parquet")


# -- The rows --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pile:
    """Rows of one table that may lie in files of the same formats.

    Attributes:
        folder: of the table.
        rows: the rows; a text is a line as it stands.
        endings: formats that give each of the rows, or the same reject.
        most_files: files it is split into at most.
        records: key of the array of a document.
    """

    folder: str
    rows: tuple[Row | str, ...]
    endings: tuple[str, ...] = ANY_ENDING
    most_files: int = 3
    records: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row has a value in."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))


REQUEST_COLUMNS = ("requested_at", "status_code", "path", "token", "request_id")


@cache
def piles() -> tuple[Pile, ...]:
    """A small world: five weeks, every outcome, versions, mergers, rejects of every kind."""
    chance = random.Random(7)
    requests: list[Row] = []
    for number in range(90):
        day, hour = divmod(number * 9 + chance.randrange(9), 24)
        requests.append(
            {
                "requested_at": f"2026-03-{2 + day % 28:02d}T{hour:02d}:{number % 60:02d}Z",
                "status_code": chance.choice((200, 200, 200, 201, 304, 401, 429, 500)),
                "path": f"/v1/things/{number}?page={number}",
                "token": f"sk_live_{chance.randrange(6):024d}" if number % 11 else None,
                "request_id": f"r{number}" if number % 3 else None,
                "endpoint": chance.choice(("/v1/things/{id}", "/health", None)),
                "environment": chance.choice(("production", "sandbox", None)),
                "user_agent": chance.choice(("sdk/1.0", "UptimeRobot/2.0", 'a "b", c', None)),
                "latency_ms": chance.choice((1, 12.5, None)),
                "is_success": chance.choice((True, False, None, None)),
            }
        )
    known = [row for row in requests if row["request_id"]]
    # A retried delivery, equal or not; across midnight it is a request of its own.
    again = [dict(row) for row in chance.sample(known, 12)]
    for number, row in enumerate(again[:6]):
        row["latency_ms"] = 1_000 + number
        row["requested_at"] = str(row["requested_at"])[:10] + f"T23:59:{number:02d}Z"
    developers = [
        {
            "developer_id": f"d{number}",
            "email": f"Person{number}@company{number % 3}.example",
            "signed_up_at": f"2026-03-{1 + number:02d}T08:00:00Z",
            "country": country,
            "utm_source": chance.choice(("search", "partner", None)),
            "company_id": chance.choice((None, "c1")),
            "updated_at": f"2026-03-{updated:02d}T08:00:00Z" if updated else None,
        }
        for number in range(5)
        # Two of the versions are of one time and not equal: the content decides.
        for updated, country in ((None, "DE"), (10, "FR"), (20, "US"), (20, "NO"))
    ]
    tokens = [
        {
            "token": f"sk_live_{number:024d}",
            "developer_id": f"d{owner}",
            "created_at": f"2026-03-{1 + number:02d}T09:00:00Z",
            "environment": "sandbox" if number == 5 else "production",
            "scopes": "read",
            "replaces_token": f"sk_live_{number - 1:024d}" if number == 3 else None,
            "updated_at": updated,
        }
        for number in range(5)
        for owner, updated in (
            (number % 5, None),
            ((number + 1) % 5, "2026-03-18T00:00:00Z"),
        )
    ]
    contacts = [
        {
            "contact_id": f"k{number}",
            "email": f"person{number % 5}@company{number % 3}.example",
            "company_id": f"c{number % 4}" if number % 3 else None,
            "updated_at": f"2026-03-{1 + number:02d}",
        }
        for number in range(8)
    ]
    companies = [
        {
            "company_id": f"c{number}",
            "name": f"Company {number}",
            "domain": f"https://www.company{number}.example/",
            "employee_count": size,
            "industry": "software",
            "plan": plan,
            "merged_into_company_id": "c0" if number == 2 and updated else None,
            "updated_at": updated,
        }
        for number in range(4)
        for size, plan, updated in ((9, "free", None), (90, "team", "2026-03-15T00:00:00Z"))
    ]
    events = [
        {
            "eventID": f"e{number}",
            "eventTime": f"2026-03-{3 + number * 4 // 3:02d}T12:00:00Z",
            "eventType": "AwsApiCall",
            "eventName": "GetObject",
            "errorCode": None if number % 4 else "AccessDenied",
            "userIdentity": {"type": "IAMUser", "accessKeyId": f"AKIA{number % 3:016d}"},
        }
        for number in range(20)
    ]
    # What is wrong with a row is told in the words of its format, so each has a format of its own.
    bad_lines = [
        *(f"not JSON {number}" for number in range(4)),
        *(f'{{"requested_at":"2026-03-05","status_code":"s{number}"}}' for number in range(4)),
        *(f'{{"status_code":200,"path":"/{number}"}}' for number in range(4)),
    ]
    bad_rows = [
        *(f"2026-03-05,s{number},/a,," for number in range(3)),
        *(f"2026-03-05,20{number}" for number in range(3)),
        *(f"2026-03-05,200,/a,,r,too,{number}" for number in range(3)),
        *(f",200,/{number},," for number in range(3)),
    ]
    good_rows = [
        {"requested_at": "2026-03-06", "status_code": 200, "path": f"/g{number}", "token": "sk_g"}
        for number in range(6)
    ]
    gateway = "api_gateway/api_requests"
    registry = "developer_portal"
    return (
        Pile(gateway, (*requests, *again), most_files=6),
        Pile(gateway, (*bad_lines, *good_rows[:3]), TEXT_ENDINGS),
        CsvPile(gateway, (*bad_rows, *good_rows[3:]), CSV_ENDINGS),
        Pile(f"{registry}/developers", tuple(developers)),
        Pile(f"{registry}/api_tokens", tuple(tokens)),
        Pile("crm/contacts", tuple(contacts), most_files=2),
        Pile("crm/companies", tuple(companies), most_files=2),
        Pile("cloudtrail", (*events, "1", "null", "[2]"), ("json", "json.gz"), 3, "Records"),
    )


class CsvPile(Pile):
    """Rows of CSV, some of which are lines as they stand."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the lines were written for."""
        return REQUEST_COLUMNS


# -- Deliveries ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """A file and the landing before which it is dropped."""

    landing: int
    path: str
    content: bytes


@dataclass(frozen=True)
class Kill:
    """Where a landing dies: at the n-th call of a kind, before or after its effect."""

    kind: str
    number: int
    is_after: bool


@dataclass(frozen=True)
class Story:
    """What happens to a data folder.

    Attributes:
        deliveries: all files.
        kills: one for each landing but the last ones, None for one that ends well.
        are_taken_away: whether landed files leave landing/ before the next landing.
    """

    deliveries: tuple[Delivery, ...]
    kills: tuple[Kill | None, ...] = ()
    are_taken_away: bool = False


def plain_story(*chosen: Pile) -> Story:
    """One file for each pile, one landing."""
    return Story(
        tuple(
            Delivery(0, f"{pile.folder}/{number}.{pile.endings[0]}", packed(pile, pile.rows))
            for number, pile in enumerate(chosen)
        )
    )


def packed(pile: Pile, rows: Sequence[Row | str], ending: str | None = None) -> bytes:
    """A file of some of a pile's rows."""
    return pack(ending or pile.endings[0], rows, pile.columns, pile.records)


# Calls of a small landing by kind, or fewer: a later one would kill nothing.
NUMBERS = {"any": 100, "open": 2, "make": 30, "switch": 3, "sync": 12, "remove": 4, "query": 40}


@st.composite
def stories(draw: st.DrawFn, chosen: Sequence[Pile]) -> Story:
    landings = draw(st.integers(1, 2))
    chance = random.Random(draw(st.integers(0, 2**32)))
    deliveries: list[Delivery] = []
    taken: set[str] = set()
    for number, pile in enumerate(chosen):
        rows = list(pile.rows)
        chance.shuffle(rows)
        count = draw(st.integers(1, pile.most_files))
        cuts = sorted(chance.randrange(len(rows) + 1) for _ in range(count - 1))
        for part, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
            ending = draw(st.sampled_from(pile.endings))
            content = packed(pile, rows[start:end], ending)
            digest = hashlib.sha256(content).hexdigest()
            if digest in taken:
                continue  # only files without rows can be equal
            taken.add(digest)
            nested = draw(st.sampled_from(("", "2026/03/", "a b/'c'/")))
            path = f"{pile.folder}/{nested}{number}-{part}.{ending}"
            at = draw(st.integers(0, landings - 1))
            deliveries.append(Delivery(at, path, content))
            if draw(st.integers(0, 3)) == 0:
                again = f"{pile.folder}/again/{chance.randrange(10**6)}-{part}.{ending}"
                deliveries.append(Delivery(draw(st.integers(0, landings - 1)), again, content))
    kinds = st.sampled_from((*sorted(NUMBERS), None))
    kills = []
    for _ in range(draw(st.integers(landings, landings + 1))):
        kind = draw(kinds)
        number = draw(st.integers(1, NUMBERS[kind])) if kind else 0
        kills.append(Kill(kind, number, draw(st.booleans())) if kind else None)
    return Story(
        tuple(deliveries),
        tuple(kills),
        draw(st.booleans()),
    )


# -- A simulated kill ------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing that follows may have an effect."""


@dataclass
class Calls:
    """Counts the calls that change something, and dies at one of them for good.

    After the kill every further call fails too: ``finally`` and ``except`` of a killed process do
    not run, so what they clean up here would be a lie.
    """

    kill: Kill
    counted: Counter[str] = field(default_factory=Counter)
    is_dead: bool = False

    def around(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._refuse_the_dead()
            is_last = self._is_last(kind)
            if is_last and not self.kill.is_after:
                self._die()
            result = function(*arguments, **named)
            if is_last:
                if isinstance(result, io.IOBase):
                    result.close()  # made, and nothing written
                self._die()
            return result

        return call

    def around_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        counted = self.around("open", function)

        def call(file: Any, mode: Any = "r", *arguments: Any, **named: Any) -> Any:
            is_write = (
                set(mode) & set("wax+")
                if isinstance(mode, str)
                else mode & (os.O_WRONLY | os.O_RDWR)
            )
            return (counted if is_write else function)(file, mode, *arguments, **named)

        return call

    def _is_last(self, kind: str) -> bool:
        self.counted[kind] += 1
        self.counted["any"] += 1
        return self.counted[self.kill.kind] == self.kill.number and self.kill.kind in (kind, "any")

    def _refuse_the_dead(self) -> None:
        if self.is_dead:
            raise Killed

    def _die(self) -> None:
        self.is_dead = True
        raise Killed


@contextmanager
def killing(kill: Kill) -> Iterator[Calls]:
    """Lets everything that changes the disk, and every query, pass through ``Calls``."""
    calls = Calls(kill)
    with pytest.MonkeyPatch.context() as patch:
        for kind, names in {
            "switch": ("rename", "replace", "symlink", "link"),
            "sync": ("fsync",),
            "remove": ("unlink", "remove", "rmdir"),
            "make": ("mkdir", "chmod", "truncate", "utime"),
        }.items():
            for name in names:
                patch.setattr(os, name, calls.around(kind, getattr(os, name)))
        patch.setattr(os, "open", calls.around_open(os.open))
        for module in (builtins, io):
            patch.setattr(module, "open", calls.around_open(open))
        execute = calls.around("query", duckdb.DuckDBPyConnection.execute)
        patch.setattr(duckdb.DuckDBPyConnection, "execute", execute)
        patch.setattr(shutil, "rmtree", calls.around("remove", shutil.rmtree))
        yield calls


# -- What must be the same -------------------------------------------------------------------------


@dataclass(frozen=True)
class Raw:
    """The content of raw/, without what may differ between deliveries.

    Attributes:
        rows: of each table, without the lineage.
        rejects: reasons and texts.
    """

    rows: dict[str, list[tuple]]
    rejects: list[tuple]


def read_raw(ground: Ground) -> Raw:
    """The content of raw/; holds its lineage to the ledger on the way."""
    batches = ground.data.raw / "batches"
    tables = {path.relative_to(batches).parts[1:3] for path in batches.glob("*/*/*/*.parquet")}
    rows: dict[str, list[tuple]] = {}
    counted: dict[str, int] = {}
    with duckdb.connect() as connection:

        def query(sql: str, source: str, table: str) -> list[tuple]:
            files = f"'{batches}/*/{source}/{table}/*.parquet'"
            return connection.execute(
                sql.replace("{files}", f"read_parquet({files}, union_by_name = true)")
            ).fetchall()

        for source, table in sorted(tables):
            if source == "landing":
                continue
            lineage = "_file_hash, _row_number, _landed_at"
            rows[table] = query(
                f"select * exclude ({lineage}) from {{files}} order by all", source, table
            )
            for file_hash, count, places in query(
                "select _file_hash, count(*), count(distinct _row_number) from {files} group by 1",
                source,
                table,
            ):
                assert count == places, "two rows of one place of a file"
                assert file_hash not in counted, "a file in two tables"
                counted[file_hash] = count
        files = query(
            "select file_hash, rows_read, rows_landed, rows_rejected from {files}",
            "landing",
            "files",
        )
        rejected = dict(
            query("select _file_hash, count(*) from {files} group by all", "landing", "rejects")
        )
        rejects = query("select reason, raw_text from {files} order by all", "landing", "rejects")
    assert len({file_hash for file_hash, *_ in files}) == len(files), "a content landed twice"
    for file_hash, read, landed, refused in files:
        assert read == landed + refused
        assert landed == counted.pop(file_hash, 0)
        assert refused == rejected.pop(file_hash, 0)
    assert not counted and not rejected, "rows of a file that the ledger does not know"
    return Raw(rows, rejects)


def live(story: Story, ground: Ground) -> int:
    """Lets a story happen; returns how many landings were killed."""
    killed = 0
    last = max(delivery.landing for delivery in story.deliveries)
    for number in range(max(last, len(story.kills)) + 1):
        if story.are_taken_away:
            take_away_what_was_landed(ground)
        for delivery in story.deliveries:
            if delivery.landing == number:
                file = ground.data.landing / delivery.path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(delivery.content)
        kill = story.kills[number] if number < len(story.kills) else None
        if not any(ground.data.landing.rglob("*.*")) and not ground.data.raw.exists():
            continue
        if kill is None:
            ground.land()
            continue
        with killing(kill) as calls:
            try:
                ground.land()
            except Killed:
                killed += 1
            calls.is_dead = False
    ground.land()
    assert [path.name for path in ground.data.raw.glob(".incoming*")] == []
    return killed


def take_away_what_was_landed(ground: Ground) -> None:
    """Clears landing/ of the files that the ledger has."""
    if not list(ground.data.raw.glob("batches/*/landing/files/*.parquet")):
        return
    known = {file_hash for (file_hash,) in ground.query("select file_hash from files")}
    for path in ground.data.landing.rglob("*"):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in known:
            path.unlink()


@contextmanager
def new_ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory() as folder:
        yield Ground(Path(folder))


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        yield


@cache
def raw_of(pile: Pile) -> Raw:
    """What a pile becomes when it is delivered plainly."""
    with new_ground() as ground:
        live(plain_story(pile), ground)
        return read_raw(ground)


def test_raw_is_the_same_whatever_the_delivery():
    killed = 0

    @settings(REPEATABLE, max_examples=50)
    @given(st.data())
    def is_the_same(data: st.DataObject) -> None:
        nonlocal killed
        # A few tables at a time: each format of each table is a scan of its own.
        chosen = data.draw(st.lists(st.sampled_from(piles()), min_size=2, max_size=3, unique=True))
        with new_ground() as ground:
            killed += live(data.draw(stories(chosen)), ground)
            raw = read_raw(ground)
        expected = [raw_of(pile) for pile in chosen]
        assert Counter(raw.rejects) == Counter(each for one in expected for each in one.rejects)
        for table, rows in raw.rows.items():
            assert Counter(rows) == Counter(each for one in expected for each in one.rows[table])

    is_the_same()
    # If there are fewer, the kills come too late in a landing that has become shorter.
    assert killed >= 25


@cache
def plain_marts() -> dict[str, list[tuple]]:
    """The marts of the plain delivery of everything."""
    with new_ground() as ground:
        live(plain_story(*piles()), ground)
        raw = read_raw(ground)
        assert len(raw.rejects) == 12 + 12 + 3
        assert len(raw.rows["api_requests"]) == 90 + 12 + 6
        return build_marts(ground.data)


def test_the_world_is_worth_the_effort():
    marts = plain_marts()
    for rows in marts.values():
        assert len(rows) >= 4
    outcomes = {row[2] for row in marts["fct_request_outcomes_weekly"]}
    assert outcomes >= {"malformed", "duplicate", "no_token", "qualified", "sandbox", "synthetic"}


def test_the_marts_are_the_same_whatever_the_delivery():
    @settings(REPEATABLE, max_examples=10)
    @given(stories(piles()))
    def are_the_same(story: Story) -> None:
        with new_ground() as ground:
            live(story, ground)
            marts = build_marts(ground.data)
        for name, rows in plain_marts().items():
            assert marts[name] == rows, name

    are_the_same()


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("kind", ["switch", "open"])
def test_a_first_landing_may_die_at_any_step(kind, is_after, monkeypatch):
    # Without a key in the environment: the development key is made on the way.
    monkeypatch.delenv("NORTH_STAR_TOKEN_KEY")
    content = b'{"requested_at":"2026-03-01","status_code":200,"token":"sk_live_1"}\n'
    number, is_killed = 0, True
    while is_killed:
        number += 1
        with new_ground() as ground:
            ground.drop("api_gateway/api_requests/a.jsonl", content)
            with killing(Kill(kind, number, is_after)) as calls:
                try:
                    ground.land()
                    is_killed = False
                except Killed:
                    calls.is_dead = False
            ground.land()
            assert ground.value("select count(*) from api_requests") == 1, number
            assert ground.value("select count(*) from files") == 1, number
    assert number > 2
