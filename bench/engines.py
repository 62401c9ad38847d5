"""DuckDB beside Spark: the project's models over the same raw rows, on the same machine.

The rows are the sample's, copied: each copy is a program of people, companies and keys of its own,
so that everything grows with the rows, as it does when a program grows. Landing is not measured;
the copies are written into raw/ as landing would have stored them.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bench.measure import BenchError, measure
from bench.text import table
from orchestration.landing import land
from orchestration.landing.contract import Table, read_contract
from orchestration.landing.raw import EMPTY_BATCH
from orchestration.sample import simulate
from orchestration.settings import PROJECT, DataFolder

if TYPE_CHECKING:
    from tools.spark_cluster import Cluster

REQUESTS = "api_gateway.api_requests"
WORKER_MEMORY = "3g"

# Whatever names somebody or something gets the number of its copy.
_NAMES = {
    "request_id", "token_id", "replaces_token_id", "application_id", "client_ip_hash",
    "developer_id", "contact_id", "company_id", "parent_company_id", "merged_into_company_id",
    "github_login", "visitor_id",
}  # fmt: skip
_COUNTS = {"rows_read", "rows_landed", "rows_rejected", "lines_skipped"}


def run(
    scratch: Path, *, sizes: Sequence[int], progress: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Builds all models over each number of rows on both engines.

    The sample itself comes first: a Spark server is slow until it has planned every query once, and
    a server of a cluster has.

    Args:
        scratch: folder for rows, databases and the cluster.
        sizes: raw requests, at least; whole copies are made.
        progress: is told what is being done.

    Returns:
        A row for each size, see ``show``.

    Raises:
        BenchError: Spark or Java is missing, or a build failed.
    """
    try:
        from tools.spark_cluster import ClusterError, Size, start
    except ModuleNotFoundError:
        raise BenchError(
            "This Python has no Spark; `make bench-engines` takes one that has."
        ) from None
    sample = _sample(scratch, progress)
    measured = []
    try:
        cluster = start(
            scratch / "cluster", size=Size(worker_memory=WORKER_MEMORY), report=progress
        )
    except ClusterError as error:
        raise BenchError(str(error)) from None
    try:
        warm, _ = _copies(scratch, sample, 1, progress)
        progress("Spark builds the sample, so that its server has planned everything once ...")
        measure(build, str(warm), "spark", cluster.port)
        for size in (1, *sizes):
            data, rows = _copies(scratch, sample, size, progress)
            progress(f"{rows:,} requests: DuckDB ...")
            on_duckdb = _on_duckdb(data)
            progress(f"{rows:,} requests: Spark ...")
            on_spark = _on_spark(data, cluster)
            measured.append(
                {
                    "rows": rows,
                    "raw_bytes": _size_of(data, REQUESTS),
                    "duckdb": on_duckdb,
                    "spark": on_spark,
                }
            )
    finally:
        cluster.stop()
    return measured


def show(measured: Sequence[Mapping[str, Any]]) -> str:
    """The figures as text."""
    parts = {
        "all models": "seconds",
        "  that read requests": "request_seconds",
        "  above them": "other_seconds",
    }
    rows = [
        [
            f"{one['rows']:,}" if name == "seconds" else "",
            label,
            *(f"{one[engine][name]:.1f}" for engine in ("duckdb", "spark")),
            f"{one['spark'][name] / one['duckdb'][name]:.1f}",
        ]
        for one in measured
        for label, name in parts.items()
    ]
    header = ["requests", "seconds of a build", "DuckDB", "Spark", "Spark/DuckDB"]
    first, last = measured[0], measured[-1]
    millions = (last["rows"] - first["rows"]) / 1e6

    def more(engine: str, name: str) -> float:
        return (last[engine][name] - first[engine][name]) / millions

    peaks = " and ".join(f"{one['duckdb']['peak_bytes'] / 1e9:.1f}" for one in (first, last))
    planning = " and ".join(f"{one['spark']['driver_cpu_seconds']:.0f}" for one in (first, last))
    stored = (last["raw_bytes"] - first["raw_bytes"]) / millions / 1e6
    return "\n".join(
        [
            "Models only; seeds loaded before; Spark's server has built the sample before.",
            "",
            table(header, rows, words=2),
            "",
            f"A million requests more, between {first['rows']:,} and {last['rows']:,}:",
            f"  raw/          {stored:,.0f} MB of Parquet",
            f"  DuckDB        {more('duckdb', 'cpu_seconds'):.2f} CPU seconds",
            f"  Spark         {more('spark', 'executor_cpu_seconds'):.2f} CPU seconds, executors;",
            f"                {more('spark', 'request_cpu_seconds'):.2f} of them and "
            f"{more('spark', 'request_shuffle_bytes') / 1e6:,.0f} MB shuffled by models that "
            "read requests",
            f"At {first['rows']:,} and {last['rows']:,}: DuckDB's peak {peaks} GB; CPU seconds of "
            f"Spark's server, which plans, {planning}.",
        ]
    )


# -- Raw rows --------------------------------------------------------------------------------------


def _sample(scratch: Path, progress: Callable[[str], None]) -> Path:
    """The data folder of the landed sample."""
    data = DataFolder(scratch / "sample")
    if not data.raw.exists():
        shutil.rmtree(data.root, ignore_errors=True)
        data.root.mkdir(parents=True)
        progress("Simulating and landing the sample ...")
        simulate(data.landing)
        land(data, progress=lambda line: None)
    return data.root


def _copies(
    scratch: Path, sample: Path, size: int, progress: Callable[[str], None]
) -> tuple[Path, int]:
    """A data folder with the sample's rows copied until there are ``size`` requests."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        files = f"{sample}/raw/batches/*/{REQUESTS.replace('.', '/')}/*.parquet"
        ((rows,),) = connection.execute(f"select count(*) from read_parquet('{files}')").fetchall()
        copies = math.ceil(size / rows)
        data = scratch / f"engines-{copies}"
        if not data.exists():
            progress(f"Writing {copies * rows:,} requests ...")
            incoming = scratch / f"incoming-{copies}"
            shutil.rmtree(incoming, ignore_errors=True)
            contract = read_contract()
            companies = f"{sample}/raw/batches/*/crm/companies/*.parquet"
            connection.execute(
                "create temp table domains as select distinct domain "
                f"from read_parquet('{companies}') where domain is not null"
            )
            for each in (*contract.tables, *contract.ledger):
                _copy(connection, each, sample, incoming / "raw" / "batches", copies)
            incoming.rename(data)
    return data, copies * rows


def _copy(
    connection: duckdb.DuckDBPyConnection, of: Table, sample: Path, batches: Path, copies: int
) -> None:
    place = Path(of.source, of.name)
    files = f"'{sample}/raw/batches/*/{place}/*.parquet'"
    found = connection.execute(f"describe select * from read_parquet({files})").fetchall()
    columns = ", ".join(f"{_copied(name, of.source)} as {name}" for name, *_ in found)
    for batch, limit in ((EMPTY_BATCH, "limit 0"), ("000001", "")):
        folder = batches / batch / place
        folder.mkdir(parents=True)
        connection.execute(
            f"""
            copy (
                select {columns.replace("{copies}", str(copies))}
                from read_parquet({files}) as rows
                cross join range({1 if of.source == "landing" else copies}) as copies (copy)
                {limit}
            )
            to '{folder}/0.parquet' (format parquet, compression zstd)
            """
        )


def _copied(name: str, source: str) -> str:
    """SQL of a column in the copy whose number is ``copy``."""
    if source == "landing":
        # A file of the ledger stands for its copies, too.
        return f"{name} * {{copies}}" if name in _COUNTS else name
    if name in _NAMES:
        return f"{name} || if(copy = 0, '', '-' || copy)"
    if name == "domain":
        return "if(copy = 0, '', 'p' || copy || '-') || domain"
    if name == "email":
        # An address of a company moves to its copy; one of free mail is somebody else's.
        return (
            "case "
            "when copy = 0 then email "
            "when split_part(email, '@', 2) in (select domain from domains) "
            "then replace(email, '@', '@p' || copy || '-') "
            "else replace(email, '@', '-' || copy || '@') "
            "end"
        )
    return name


def _size_of(data: Path, label: str) -> int:
    """Bytes of a raw table."""
    files = data.glob(f"raw/batches/*/{label.replace('.', '/')}/*.parquet")
    return sum(file.stat().st_size for file in files)


# -- Builds ----------------------------------------------------------------------------------------


def build(data: str, target: str, port: int) -> dict[str, float]:
    """Loads the seeds and builds all models.

    Args:
        data: the data folder.
        target: of dbt.
        port: of the Thrift server, on Spark.

    Returns:
        ``seconds`` from the first model to the last, and of these ``request_seconds`` and
        ``other_seconds``, in the proportion of the time that models took which read requests.
    """
    target_path = Path(data, "target", target)
    environment = {
        **os.environ,
        "NORTH_STAR_DATA": data,
        "NORTH_STAR_SPARK_PORT": str(port),
        "DBT_TARGET_PATH": str(target_path),
        "DBT_LOG_PATH": str(target_path),
    }
    Path(data, "dev").mkdir(exist_ok=True)
    dbt = Path(sys.executable).with_name("dbt")
    for command in ("seed", "run"):
        done = subprocess.run(
            [dbt, "--quiet", command, "--target", target],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise BenchError(f"dbt {command} on {target} failed: {done.stdout[-2_000:]}")
    results = json.loads((target_path / "run_results.json").read_bytes())
    manifest = json.loads((target_path / "manifest.json").read_bytes())
    took = {each["unique_id"]: each["execution_time"] for each in results["results"]}
    of_requests = sum(seconds for name, seconds in took.items() if _reads_requests(manifest, name))
    share = of_requests / sum(took.values())
    return {
        "seconds": results["elapsed_time"],
        "request_seconds": results["elapsed_time"] * share,
        "other_seconds": results["elapsed_time"] * (1 - share),
    }


def _reads_requests(manifest: Mapping[str, Any], name: str) -> bool:
    """Whether a model reads rows of requests: itself, or through views."""
    parents = manifest["nodes"].get(name, {}).get("depends_on", {}).get("nodes", ())
    return any(
        parent.endswith(f".{REQUESTS}")
        or (
            manifest["nodes"].get(parent, {}).get("config", {}).get("materialized") == "view"
            and _reads_requests(manifest, parent)
        )
        for parent in parents
    )


def _on_duckdb(data: Path) -> dict[str, float]:
    shutil.rmtree(data / "dev", ignore_errors=True)
    measured = measure(build, str(data), "dev", 0)
    return {
        **measured.value,
        "cpu_seconds": measured.cpu_seconds,
        "peak_bytes": measured.highest_bytes,
    }


def _on_spark(data: Path, cluster: Cluster) -> dict[str, float]:
    used, seen = _cpu_seconds(cluster), _last_stage(cluster)
    measured = measure(build, str(data), "spark", cluster.port)
    used = {role: seconds - used[role] for role, seconds in _cpu_seconds(cluster).items()}
    manifest = json.loads((data / "target" / "spark" / "manifest.json").read_bytes())
    work = dict.fromkeys(
        ("request_cpu_seconds", "request_input_bytes", "request_shuffle_bytes"), 0.0
    )
    for stage in cluster.ask_stages():
        # dbt begins each statement with a comment that names the node.
        node = re.search(r'"node_id": "([^"]+)"', stage.get("description", ""))
        if stage["stageId"] > seen and node and _reads_requests(manifest, node[1]):
            work["request_cpu_seconds"] += stage["executorCpuTime"] / 1e9
            work["request_shuffle_bytes"] += stage["shuffleWriteBytes"]
    return {
        **measured.value,
        **work,
        "driver_cpu_seconds": used.pop("thrift-server"),
        "executor_cpu_seconds": sum(used.values()),
    }


def _last_stage(cluster: Cluster) -> int:
    return max((stage["stageId"] for stage in cluster.ask_stages()), default=-1)


def _cpu_seconds(cluster: Cluster) -> dict[str, float]:
    """CPU seconds of each process of the cluster, its executor included, since it was started."""
    used = {}
    for each in cluster.processes:
        process = each.running()
        if process is None:
            raise BenchError(f"The {each.role} has ended; its log is in {cluster.folder}.")
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        used[each.role] = sum(one.user + one.system for one in times)
    return used
