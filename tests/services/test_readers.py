"""Readers during runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toy import ToyProject

pytestmark = pytest.mark.services

RUNS = 10

# Several runs in one process, which is faster than a command for each. Every run has a new file to
# land, so that no two publications are alike.
SOME_RUNS = """
import json, sys
from orchestration.refresh import refresh
from orchestration.settings import DataFolder
data = DataFolder.from_environment()
folder = data.landing / "api_gateway" / "api_requests"
folder.mkdir(parents=True, exist_ok=True)
for number in range(*map(int, sys.argv[1:])):
    request = {"requested_at": "2026-11-02T12:00:00Z", "token_id": f"t{number}", "status_code": 200}
    (folder / f"{number}.jsonl").write_text(json.dumps(request) + "\\n")
    refresh(data)
"""

# As a BI tool does it: a new connection for each query. Two tables of one publication must agree.
READER = """
import collections, json, signal, sys, time
import duckdb
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
database, seen = sys.argv[1], collections.Counter()
while not stopped:
    with duckdb.connect(database, read_only=True) as connection:
        ((run_id, active, counted),) = connection.execute(
            "select run_id, (select count(*) from fct_weekly_active_tokens), "
            "(select sum(weekly_active_tokens) from fct_north_star_weekly) from publication"
        ).fetchall()
        assert active == counted, (run_id, active, counted)
        seen[f"{run_id} {active}"] += 1
    time.sleep(0.02)  # leaves the processors to the runs
print(json.dumps(seen))
"""


def test_a_reader_in_a_loop_never_fails_and_never_sees_half_a_publication(tmp_path: Path) -> None:
    toy = ToyProject(tmp_path)
    first = toy.python("-c", SOME_RUNS, "0", "1")
    assert first.returncode == 0, first.stdout
    database = str(toy.data.published / "north_star.duckdb")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, database],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        runs = toy.python("-c", SOME_RUNS, "1", str(RUNS + 1))
    finally:
        reader.terminate()
        said, complaint = reader.communicate(timeout=60)
    assert runs.returncode == 0, runs.stdout
    assert reader.returncode == 0, complaint
    seen = json.loads(said)
    # The loop is far quicker than a run: it has seen every publication, each with its own count.
    assert [int(key.split()[1]) for key in seen] == list(range(1, RUNS + 2))
