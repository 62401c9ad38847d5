"""The benchmarks run, and what they measured is what they say. Nothing here asserts a time."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench import drivers, memory, survival
from bench.__main__ import cli
from bench.files import plan, provide, write_requests
from bench.landing import land_files, read_files, readings, what_was_lost, why_skipped
from bench.measure import BenchError, Spread, measure

SPREAD = {"median", "minimum", "maximum"}


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


def results_of(tmp_path: Path, *arguments: Any) -> tuple[Result, dict[str, Any]]:
    results = tmp_path / "results.json"
    done = run(*arguments, "--json", results)
    assert done.exit_code == 0, done.output
    return done, json.loads(results.read_text())


def test_landing_is_measured_against_reading(tmp_path):
    done, results = results_of(
        tmp_path,
        *("--only", "landing", "--rows", 2_000, "--repeat", 1, "--files", 2),
        *("--formats", "jsonl.gz,cloudtrail", "--folder", tmp_path / "scratch"),
    )
    assert [found["format"] for found in results["landing"]["formats"]] == [
        "jsonl.gz",
        "cloudtrail",
    ]
    for found, rows in zip(results["landing"]["formats"], (2_000, 100), strict=True):
        assert found["rows"] == found["landing"]["rows_landed"] == rows
        assert found["landing"]["rows_rejected"] == 0
        assert 0 < found["disk_bytes"] < found["text_bytes"]
        assert found["landing"]["raw_bytes"] > 0
        assert list(found["readings"]) == ["declared", "detected"]
        for figures in (found["landing"], *found["readings"].values()):
            assert set(figures["wall_seconds"]) == set(figures["cpu_seconds"]) == SPREAD
            # More than an interpreter with DuckDB, and less than a mistake in the unit.
            assert 20e6 < figures["peak_bytes"] < 2e9
        for figures in found["readings"].values():
            assert set(figures["ratio"]) == set(figures["cpu_ratio"]) == SPREAD
    assert {"cores", "memory_bytes", "duckdb", "python", "git_commit"} <= set(results["machine"])
    assert "jsonl.gz" in done.stdout and "round 1 of 1" in done.stderr
    # A folder that was named is kept, without what was landed.
    kept = list((tmp_path / "scratch").iterdir())
    assert len(kept) == 2 and not any((data / "raw").exists() for data in kept)


def test_format_that_cannot_be_landed_yet_is_left_out_in_a_sentence(tmp_path):
    done, results = results_of(
        tmp_path,
        *("--only", "landing", "--rows", 1_000, "--repeat", 1, "--files", 1),
        *("--formats", "combined"),
    )
    reason = why_skipped("combined")
    if reason:
        assert results["landing"]["skipped"] == [{"format": "combined", "reason": reason}]
        assert reason in done.stdout
    else:
        assert results["landing"]["formats"][0]["landing"]["rows_landed"] == 1_000


@pytest.mark.parametrize("format_", ["csv", "jsonl.zst", "parquet", "combined.gz"])
def test_every_way_of_reading_finds_every_row(tmp_path, format_):
    files = provide(tmp_path, format_, 500, 2)
    for query in readings(files).values():
        assert read_files(query, str(tmp_path / "spill"))["rows"] == 500


def test_files_are_the_same_each_time(tmp_path):
    def content(data: Path) -> list[str]:
        pieces = plan(data, "jsonl.gz", 300, 2)
        write_requests(pieces, 300)
        return [hashlib.sha256(Path(piece["path"]).read_bytes()).hexdigest() for piece in pieces]

    first = content(tmp_path / "first")
    assert len(set(first)) == 2
    assert content(tmp_path / "second") == first


def test_memory_is_measured_over_a_mix_of_files(tmp_path):
    done, results = results_of(
        tmp_path, "--only", "memory", "--gigabytes", 0.002, "--folder", tmp_path / "scratch"
    )
    found = results["memory"]
    assert found["rows"] == found["rows_landed"] > 4_000
    assert found["lost"] is None
    assert 2e6 <= found["text_bytes"] < 3e6
    assert 0 < found["raw_bytes"] <= found["written_peak_bytes"]
    assert 20e6 < found["peak_bytes"] <= found["tree_peak_bytes"]
    assert "peak MB of the process" in done.stdout
    assert list((tmp_path / "scratch").iterdir()) == []


def test_memory_asks_for_its_disk_before_it_writes(tmp_path):
    with pytest.raises(BenchError, match=r"has \d+ GB left"):
        memory.run(tmp_path, gigabytes=1e9, progress=print)


@pytest.mark.services
def test_survival_is_measured_over_all_dimensions(tmp_path):
    """It builds all models, which takes as long as what starts a server."""
    found = survival.run(tmp_path, developers=300, progress=lambda line: None)
    assert found["developers"] == 300
    # Eleven ways of cutting all units, and those of each month.
    assert found["memberships"] == 22 * found["units"] > 22 * 300
    assert found["curve_rows"] > found["units"]
    assert found["seconds"] > found["models"]["fct_ttfhw_survival"] > 0
    shown = survival.show(found)
    assert re.search(r"^both +\d+\.\d +\d+\.\d$", shown, re.M)


@pytest.mark.services
def test_drivers_are_measured_over_every_change(tmp_path):
    found = drivers.run(tmp_path, token_weeks=1_000, progress=lambda line: None)
    assert 500 < found["token_weeks"] < 2_000
    assert found["unit_changes"] > found["token_weeks"]
    assert found["drivers"] > 100 * len(drivers.DIMENSIONS)
    assert found["seconds"] > found["models"]["fct_north_star_drivers_weekly"] > 0
    shown = drivers.show(found)
    assert "all of the drivers" in shown and "Peak memory" in shown


def test_failure_in_the_measured_process_is_told(tmp_path):
    with pytest.raises(BenchError, match=r"nothing\.jsonl"):
        measure(read_files, f"select * from read_json('{tmp_path}/nothing.jsonl')", str(tmp_path))


def test_rows_that_were_not_landed_are_told_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("NORTH_STAR_TOKEN_KEY", "set back after the test")
    folder = tmp_path / "landing" / "api_gateway" / "api_requests"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text('{"requested_at": "2025-06-02T00:00:00Z"}\n')
    landed = land_files(str(tmp_path))
    assert what_was_lost(tmp_path, 1, landed) == (
        "of 1 rows 0 were landed and 1 rejected; api_gateway/api_requests/a.jsonl: "
        "status_code is missing."
    )
    assert what_was_lost(tmp_path, 1, {"rows_landed": 1, "rows_rejected": 0}) is None


def test_unknown_format_is_refused():
    done = run("--formats", "jsonl,xml")
    assert done.exit_code == 2 and "xml: known are jsonl" in done.output


def test_spread_is_of_the_values():
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
