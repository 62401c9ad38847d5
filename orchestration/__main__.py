"""The command line: ``python -m orchestration``; ``make help`` lists the shorter names."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.automation import read_automation
from orchestration.environment import export, prepare_dagster_home
from orchestration.manifest import ManifestError, ensure_manifest
from orchestration.publishing import what_stays
from orchestration.rebuild import NOTHING, Rebuild
from orchestration.run_lock import RunLockError, hold_run_lock
from orchestration.settings import PROJECT, DataFolder, SettingsError, check_settings
from orchestration.summary import summarise

if TYPE_CHECKING:
    from orchestration.landing import Rewriting


class Mistake(click.ClickException):
    """A setting or a folder that the person who started this can put right."""

    exit_code = 2


def _data() -> DataFolder:
    try:
        data = DataFolder.from_environment()
    except SettingsError as error:
        raise Mistake(str(error)) from None
    export(data)
    return data


def _check_settings() -> None:
    try:
        check_settings()
    except SettingsError as error:
        raise Mistake(str(error)) from None


@click.group()
def cli() -> None:
    """North Star: from raw logs to published numbers, in the folder NORTH_STAR_DATA."""


_WAIT = click.option(
    "--wait", default=3600, show_default=True, help="Seconds to wait for another run."
)


@cli.command()
@_WAIT
def run(wait: int) -> None:
    """Land new files, build and test every model, publish, and show the latest final week. Where
    nothing is new, nothing is built or published."""
    _run(wait, NOTHING)


@cli.command()
@_WAIT
@click.option("--weeks", default="", help="Days in the first and last week to compute again.")
@click.option("--full", is_flag=True, help="Compute everything again, from raw/ up.")
def build(wait: int, weeks: str, full: bool) -> None:
    """The same run, which builds, tests and publishes even if nothing is new."""
    _run(wait, Rebuild(anyway=True, weeks=weeks, everything=full))


def _run(wait: int, rebuild: Rebuild, job: str = "refresh") -> None:
    data = _data()
    _check_settings()
    try:
        rebuild.check(data)
    except SettingsError as error:
        raise Mistake(str(error)) from None
    _provide_files(data)
    # Imported late: Dagster takes seconds to load, and the mistakes above should not wait for it.
    from orchestration.refresh import RefreshError, refresh

    try:
        ensure_manifest(data)
        refresh(data, wait, rebuild, job)
    except (ManifestError, RefreshError) as error:
        raise click.ClickException(f"The run failed. {error}{_if_disk_is_full(data)}") from None
    except Exception as error:
        full = _if_disk_is_full(data)
        if not full:
            raise
        raise click.ClickException(f"The run failed.{full} {what_stays(data)}") from error
    click.echo(f"\n{summarise(data)}")


def _if_disk_is_full(data: DataFolder) -> str:
    """What a failure is due to that nobody says in one sentence, Dagster's history least of all."""
    if shutil.disk_usage(data.root).free > 1 << 20:
        return ""
    return f" The disk of {data.root} is full: make room, then run again."


@cli.command()
def land() -> None:
    """Land new files only, for work on the models: dbt build then reads them."""
    from orchestration.landing import LandingError
    from orchestration.landing import land as land_files

    data = _data()
    _provide_files(data)
    try:
        with hold_run_lock(data, "make land"):
            result = land_files(data)
    except (LandingError, RunLockError) as error:
        raise click.ClickException(str(error)) from None
    for warning in result.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if result.batch_ids:
        click.echo(f"Landed {result.rows_landed:,} rows in batch {', '.join(result.batch_ids)}.")
    else:
        click.echo("There was nothing new.")


@cli.command()
def compact() -> None:
    """Merge small batches of raw/, and remove rows past raw_retention_days."""
    from orchestration.landing import compact as compact_raw

    _rewrite("make compact", compact_raw)


@cli.command()
@click.argument("files", nargs=-1, required=True)
def withdraw(files: tuple[str, ...]) -> None:
    """Take FILES, relative to landing/ (* stands for anything), out of raw/ again; if they are
    there still, the next landing reads them anew."""
    from orchestration.landing import withdraw as withdraw_files

    _rewrite("make withdraw", lambda data: withdraw_files(data, files))


@cli.command()
@click.argument("names", nargs=-1)
def forget(names: tuple[str, ...]) -> None:
    """Put pseudonyms in place of people in raw/ and in all publications, and prove it. NAMES are
    ids, e-mail addresses or logins; without them, one a line of standard input."""
    from orchestration.erasure import erase
    from orchestration.landing import LandingError
    from orchestration.publishing import PublishError

    if not names and sys.stdin.isatty():
        raise Mistake("Name somebody: make forget DEVELOPER=<id>, or make forget < people.txt.")
    data = _data()
    people = names or sys.stdin.read().splitlines()
    try:
        with hold_run_lock(data, "make forget"):
            done = erase(data, people)
    except (LandingError, PublishError, RunLockError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        message = f"{error.filename or data.root}: {error.strerror}; repeat it when that is mended."
        raise click.ClickException(message) from None
    for line in done.lines():
        click.echo(line)
    if done.search.traces:
        raise click.ClickException("A name is left in " + "; ".join(done.search.traces) + ".")


def _rewrite(name: str, rewriting: Callable[[DataFolder], Rewriting]) -> None:
    from orchestration.landing import LandingError

    data = _data()
    try:
        with hold_run_lock(data, name):
            done = rewriting(data)
    except (LandingError, RunLockError) as error:
        raise click.ClickException(str(error)) from None
    for label, rows in done.rows_removed.items():
        click.echo(f"{label}: {rows:,} rows removed.")
    click.echo(f"raw/ had {done.batches_before:,} batches and has {done.batches_after:,} now.")


@cli.command()
@click.option("--write", metavar="NAME", help="Write the expected rows of this format anew.")
def formats(write: str | None) -> None:
    """Compare the example of each declared format with its expected rows."""
    from orchestration.landing import LandingError
    from orchestration.landing.contract import read_contract
    from orchestration.landing.formats import check, read_formats, write_expected

    try:
        declared = read_formats()
        (table,) = (t for t in read_contract().tables if t.label == "api_gateway.api_requests")
        if write and write not in declared:
            raise Mistake(f"There is no format {write}; known are {', '.join(declared)}.")
        if write:
            click.echo(f"Wrote {write_expected(declared[write], table)}: read it.")
            return
        differences = [line for one in declared.values() for line in check(one, table)]
    except LandingError as error:
        raise Mistake(str(error)) from None
    for line in differences:
        click.echo(line, err=True)
    if differences:
        raise click.ClickException("Examples differ from what is expected of them.")
    click.echo(f"{len(declared)} formats do what their examples expect: {', '.join(declared)}.")


@cli.command()
def show() -> None:
    """Show the latest final week of what is published."""
    click.echo(summarise(_data()))


@cli.command()
def digest() -> None:
    """Print the digest of what is published; sends nothing."""
    from orchestration.publishing import current_publication
    from orchestration.report import read_digest

    data = _data()
    publication = current_publication(data)
    text = publication and read_digest(publication.folder)
    if not text:
        raise click.ClickException(f"There is no digest: make run. {what_stays(data)}")
    click.echo(text, nl=False)


@cli.command()
def publications() -> None:
    """List the published versions that are kept, and look whether each is whole."""
    from orchestration.publishing import (
        PublishError,
        current_publication,
        damage,
        kept_publications,
        mend,
    )

    data = _data()
    try:
        with hold_run_lock(data, "make publications"):
            problem = mend(data)
    except (PublishError, RunLockError) as error:
        raise click.ClickException(str(error)) from None
    current = current_publication(data)
    for each in kept_publications(data):
        reach = f"{each.watermark:%Y-%m-%d %H:%M}" if each.watermark else "no logs"
        wrong = damage(each.folder)
        state = f"it {wrong}" if wrong else "readers see it" if each == current else "whole"
        click.echo(
            f"{each.run_id}  {each.published_at:%Y-%m-%d %H:%M}  logs up to {reach}  {state}"
        )
    if problem:
        raise click.ClickException(problem)
    if current is None:
        raise click.ClickException(f"{what_stays(data)[:-1]}: make run.")


@cli.command()
@click.argument("run_id", required=False)
def rollback(run_id: str | None) -> None:
    """Let readers see an earlier version again: that of RUN_ID (its first characters do), or the
    one before the current."""
    from orchestration.publishing import PublishError, roll_back

    data = _data()
    try:
        with hold_run_lock(data, "make rollback"):
            found = roll_back(data, run_id or None)
    except (PublishError, RunLockError) as error:
        raise click.ClickException(f"{error} {what_stays(data)}") from None
    click.echo(
        f"Readers see the set of {found.published_at:%Y-%m-%d %H:%M} UTC again, of run "
        f"{found.run_id}. They do until a run has something new to publish."
    )


@cli.command("serve-postgres")
@click.option(
    "--schema",
    envvar="NORTH_STAR_POSTGRES_SCHEMA",
    default="north_star",
    show_default=True,
    help="Where the tables shall be.",
)
@click.option(
    "--reader",
    envvar="NORTH_STAR_POSTGRES_READER",
    help="A role that may read them, besides those that somebody has granted it.",
)
def serve_postgres(schema: str, reader: str | None) -> None:
    """Copy what is published into the PostgreSQL that the environment's NORTH_STAR_POSTGRES names,
    as a URL: postgresql://user:password@host:5432/database."""
    from orchestration.serving import ServeError, serve

    data = _data()
    url = os.environ.get("NORTH_STAR_POSTGRES")
    if not url:
        raise Mistake(
            "NORTH_STAR_POSTGRES names no database; it should be a connection URL such as "
            "postgresql://user:password@host:5432/database."
        )
    try:
        served = serve(data, url, schema, reader or None, tell=click.echo)
    except ServeError as error:
        raise click.ClickException(str(error)) from None
    where = f"run {served.run_id} in schema {served.schema}"
    if served.was_served:
        click.echo(f"There was nothing to do: PostgreSQL serves {where} already.")
        return
    click.echo(
        f"PostgreSQL serves {where}: {served.tables} tables, {served.rows:,} rows, "
        f"{served.rows_written:,} of them new, {served.rows_removed:,} removed."
    )


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--developers", default=1500, show_default=True, help="Size of the program.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same files.")
@click.option("--without", multiple=True, metavar="EVENT", help="Leave a planted event out.")
def sample(folder: Path, developers: int, seed: int, without: tuple[str, ...]) -> None:
    """Simulate an API program's files into FOLDER, laid out as a landing folder."""
    from orchestration.sample import SampleError, simulate

    try:
        simulate(folder, developers=developers, seed=seed, without=frozenset(without))
    except SampleError as error:
        raise Mistake(str(error)) from None
    click.echo(f"Simulated {developers:,} developers in {folder}.")


@cli.command()
@click.argument("weeks")
@_WAIT
def backfill(weeks: str, wait: int) -> None:
    """Compute WEEKS again from raw/, such as 2026-10-05..2026-11-02 (a day in the first and a day
    in the last), build, test and publish: one run, which lands nothing."""
    _run(wait, Rebuild(anyway=True, weeks=weeks), job="backfill")


_HOST = click.option("--host", default="127.0.0.1", show_default=True)
_CODE_PORT = click.option(
    "--code-port", default=4000, show_default=True, help="Port of the code location."
)


@cli.command()
@_HOST
@click.option("--port", default=3000, show_default=True)
def dev(host: str, port: int) -> None:
    """Dagster's web page and daemon, on the same assets, jobs and history; runs the schedules."""
    _prepare_service()
    # [tool.dagster] in pyproject.toml says what to load.
    _become("dagster", "dev", "--host", host, "--port", str(port))


@cli.command("code-location")
@_HOST
@_CODE_PORT
def code_location(host: str, code_port: int) -> None:
    """The code location as a service of its own, whose processes the runs are."""
    _prepare_service()
    served = ["-m", "orchestration.definitions", "-d", str(PROJECT)]
    _become("dagster", "code-server", "start", *served, "-h", host, "-p", str(code_port))


@cli.command()
@_CODE_PORT
@click.option("--code-host", default="127.0.0.1", show_default=True)
def daemon(code_port: int, code_host: str) -> None:
    """Dagster's daemon as a service of its own: schedules, sensors, the queue."""
    workspace = _workspace(_prepare_service(), code_host, code_port)
    _become("dagster-daemon", "run", "-w", str(workspace))


@cli.command()
@_HOST
@click.option("--port", default=3000, show_default=True)
@_CODE_PORT
@click.option("--code-host", default="127.0.0.1", show_default=True)
@click.option("--read-only", is_flag=True, help="Show everything, start and change nothing.")
def webserver(host: str, port: int, code_port: int, code_host: str, read_only: bool) -> None:
    """Dagster's web page as a service of its own."""
    workspace = _workspace(_prepare_service(), code_host, code_port)
    look_only = ["--read-only"] if read_only else []
    _become("dagster-webserver", "-w", str(workspace), "-h", host, "-p", str(port), *look_only)


def _prepare_service() -> DataFolder:
    data = _data()
    _check_settings()
    prepare_dagster_home(data)
    try:
        ensure_manifest(data)
        read_automation()
    except (ManifestError, SettingsError) as error:
        raise click.ClickException(str(error)) from None
    return data


def _workspace(data: DataFolder, host: str, port: int) -> Path:
    """Where the daemon and the web page find the code location."""
    address = {"host": host, "port": port, "location_name": "north_star"}
    workspace = data.dagster / f"workspace-{host}-{port}.yaml"
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": address}]}))
    return workspace


def _become(command: str, *arguments: str) -> None:
    """Go on as one of Dagster's programs, from this Python environment."""
    os.chdir(PROJECT)
    program = str(Path(sys.executable).with_name(command))
    os.execv(program, [program, *arguments])


def _provide_files(data: DataFolder) -> None:
    """See that there is something to land; the default folder, and no other, gets the sample."""
    from orchestration.landing import LandingError
    from orchestration.landing import land as land_files
    from orchestration.landing.contract import read_contract
    from orchestration.landing.formats import read_formats
    from orchestration.landing.inventory import take_inventory

    try:
        if (data.raw / "batches").is_dir():
            return
        if take_inventory(data.landing, read_contract(), read_formats()).files:
            return
        if data.is_default and not any(data.landing.rglob("*")):
            _simulate_sample(data)
            return
        # Landing refuses: it knows best what it expected, and where.
        land_files(data)
    except LandingError as error:
        raise Mistake(str(error)) from None


def _simulate_sample(data: DataFolder) -> None:
    from orchestration.sample import simulate

    click.echo("There are no files yet: simulating a sample program into data/landing ...")
    # Under another name first, so that an interrupted simulation is never taken for a sample.
    incoming = data.root / f".landing-{os.getpid()}"
    shutil.rmtree(incoming, ignore_errors=True)
    simulate(incoming)
    incoming.rename(data.landing)


if __name__ == "__main__":
    cli(prog_name="python -m orchestration")
