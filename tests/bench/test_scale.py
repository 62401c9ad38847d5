"""The made-up requests are what landing leaves, and the models and the script agree on them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from bench import core, increments, registries, scale
from bench.__main__ import cli
from bench.builds import THREE_FACTS, Warehouse
from bench.measure import BenchError
from bench.peer import FACTS, differences, files_of, refuse_differences, run_peer
from bench.requests import DAYS, Program
from orchestration.landing.contract import read_contract

LOG = "api_gateway/api_requests"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The last five weeks of a program of a million requests, a week in a batch."""
    program = Program(tmp_path_factory.mktemp("scale") / "data", 1_000_000)
    program.provide(first_day=DAYS - 35)
    return program


def ask(program: Program, query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name in (LOG, "landing/repeats", "landing/file_dates", "landing/files"):
            files = files_of(str(program.data), name)
            connection.execute(
                f"create view {name.split('/')[1]} as "
                f"from read_parquet({files}, file_row_number = true, filename = true)"
            )
        return connection.execute(query).fetchall()


def test_rows_have_the_columns_and_the_order_that_landing_leaves(program):
    columns = read_contract().raw_columns()[LOG]
    described = ask(program, "describe from api_requests")
    assert [row[0] for row in described][: len(columns)] == list(columns)
    unsorted = ask(
        program,
        """
        select count(*)
        from (
            select
                (requested_at::date, coalesce(token_id, 'z'), requested_at) as place,
                lag(place) over (partition by filename order by file_row_number) as before
            from api_requests
        )
        where before > place
        """,
    )
    assert unsorted == [(0,)]


def test_ledger_knows_every_date_and_every_repeated_row(program):
    assert ask(
        program,
        """
        select file_hash, event_date, rows_landed from file_dates
        except all
        select _file_hash, requested_at::date, count(*) from api_requests group by all
        """,
    ) == []  # fmt: skip
    # By the rows themselves: who shares the id and the date with another one.
    shared = """
        select _file_hash, _row_number
        from api_requests
        qualify count(*) over (partition by request_id, requested_at::date) > 1
    """
    listed = "select file_hash, row_number from repeats"
    first_batch = f"not like '{program.batches[0].first_day:06d}%'"
    assert ask(program, f"from ({shared}) except all from ({listed})") == []
    assert ask(program, f"from ({listed}) except all from ({shared})") == []
    assert ask(program, f"select count(*) > 10 from repeats where file_hash {first_batch}") == [
        (True,)
    ]


def test_rows_are_like_those_of_a_program(program):
    rows, tokens, nameless, failed = ask(
        program,
        """
        select
            count(*),
            count(distinct token_id),
            avg((token_id is null)::int),
            avg((status_code >= 400)::int)
        from api_requests
        """,
    )[0]
    # Five of 104 weeks of a million; few tokens scatter widely.
    assert 20_000 < rows < 200_000
    assert 10 <= tokens <= 60
    assert 0.001 < nameless < 0.1
    assert 0.03 < failed < 0.15


def test_same_rows_are_written_each_time(program, tmp_path):
    def content(written: Program) -> str:
        digest = hashlib.sha256()
        for row in ask(written, "select columns(* exclude (filename)) from api_requests"):
            digest.update(repr(row).encode())
        return digest.hexdigest()

    again = Program(tmp_path / "again", 1_000_000)
    again.provide(first_day=DAYS - 35)
    assert content(again) == content(program)


def test_days_that_follow_are_those_of_the_same_program(program, tmp_path):
    by_day, at_once = (Program(tmp_path / name, 400_000) for name in ("by day", "at once"))
    for grown, batches in ((by_day, 1), (at_once, None)):
        grown.provide(first_day=DAYS - 14)
        grown.add(14, batches)
    assert len(by_day.batches) == len(at_once.batches) + 13
    # Who was delivered late within the fortnight came in another file, and is the same request.
    query = (
        "select distinct columns(* exclude (filename, file_row_number, _file_hash, "
        "_row_number, _landed_at)) from api_requests where status_code is not null"
    )
    assert sorted(map(repr, ask(by_day, query))) == sorted(map(repr, ask(at_once, query)))


def test_program_of_another_size_is_refused(program):
    with pytest.raises(BenchError, match="holds a program of 1,000,000 requests and not of 7"):
        Program(program.data, 7)


def test_program_ends(program, tmp_path):
    short = Program(tmp_path / "short", 20_000)
    short.provide(first_day=DAYS - 7)
    with pytest.raises(BenchError, match=f"ends after {registries.DAYS} days"):
        short.add(1_000)


@pytest.mark.services
def test_script_and_models_agree_row_for_row(program):
    """It builds the three facts, which takes as long as what starts a server."""
    warehouse = Warehouse(program.data)
    warehouse.seed()
    warehouse.measure(THREE_FACTS)
    peer = str(program.data / "peer.duckdb")
    run_peer(str(program.data), peer, "1GB")
    assert set(differences(peer, str(warehouse.file)).values()) == {0}
    for fact in FACTS:
        assert warehouse.rows(f"marts.{fact}") > 5
    with duckdb.connect(peer) as connection:
        connection.execute("update fct_weekly_active_tokens set active_days = active_days + 1")
    with pytest.raises(BenchError, match=r"fct_weekly_active_tokens in \d+ rows\.$"):
        refuse_differences(peer, str(warehouse.file))


@pytest.mark.services
def test_scale_is_measured_end_to_end(tmp_path):
    found = scale.run(
        tmp_path, sizes=(200_000,), parts=scale.PARTS, repeat=1, progress=lambda line: None
    )
    (size,) = found["sizes"]
    assert set(size["ratios"]) == set(scale.GOALS)
    assert size["token_weeks"] > 100
    assert set(size["increments"]["histories"]) == set(increments.HISTORIES)
    shown = scale.show(found)
    assert "facts/peer" in shown and "two new weeks onto two months" in shown


def test_core_aggregate_counts_every_row(program, tmp_path):
    found = core.run(tmp_path, rows=20_000, repeat=1, progress=lambda line: None)
    assert found["token_days"] > 100
    assert found["measured"]["duckdb"]["peak_bytes"] > 20e6
    rows = sum(core.by_duckdb(str(tmp_path / "scale-20000"))[1:2])
    files = files_of(str(tmp_path / "scale-20000"), LOG)
    with duckdb.connect() as connection:
        assert connection.execute(f"select count(*) from read_parquet({files})").fetchone() == (
            rows,
        )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--parts", "facts,music"], "music: known are facts, marts, increments."),
        (["--sizes", "5,4"], "5,4: numbers are needed, the smallest first."),
        (["--rows", "many"], "'many' is not a valid integer"),
        (["--rows", "900000000000"], "900,000,000,000 requests need about 90000 GB"),
    ],
)
def test_hostile_arguments_are_told_in_a_sentence(arguments, sentence, monkeypatch):
    monkeypatch.setattr(Warehouse, "seed", lambda self: None)
    done = CliRunner().invoke(cli, ["--only", "scale", *arguments])
    assert done.exit_code != 0
    assert sentence in done.output


def test_slope_is_of_the_smallest_and_the_largest():
    def of(requests: int, seconds: float) -> dict:
        return {"requests": requests, "measured": {"facts": {"cpu_seconds": {"median": seconds}}}}

    assert scale.slope([of(10, 2.0), of(50, 3.0), of(1_000, 200.0)]) == pytest.approx(1.0)
    assert scale.slope([of(10, 2.0)]) is None


def test_document_gets_the_figures_and_the_command(tmp_path, monkeypatch):
    from bench import report

    document = Path(tmp_path, "benchmarks.md")
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(scale, "show", lambda found: "the figures")
    from bench.measure import machine

    report.write({"machine": machine(), "scale": {}}, ["--only", "scale", "--rows", "7"])
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "$ .venv/bin/python -m bench --only scale --rows 7\n" in text
    assert "the figures" in text
