"""The command line: ``python -m bench``; ``make bench`` is short for it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench import core, drivers, engines, landing, memory, report, scale, survival
from bench.files import FORMATS
from bench.measure import BenchError, machine

# Those that a plain `make bench` runs; the others take long or much disk and are named by hand.
BY_DEFAULT = ("landing", "scale")
BENCHMARKS = ("landing", "scale", "memory", "engines", "survival", "drivers")
# Of scale, what a plain `make bench` measures, and over how many requests at most.
SCALE_BY_DEFAULT = (("facts",), 1_000_000)


def _formats(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
    formats = tuple(name.strip() for name in given.split(",") if name.strip())
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'}: known are {', '.join(FORMATS)}."
        )
    return formats


def _parts(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
    parts = tuple(name.strip() for name in given.split(",") if name.strip())
    unknown = [name for name in parts if name not in scale.PARTS]
    if unknown or not parts:
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'}: known are {', '.join(scale.PARTS)}."
        )
    return parts


def _sizes(_: click.Context, __: click.Parameter, given: str | None) -> tuple[int, ...]:
    if given is None:
        return ()
    sizes = tuple(int(size) for size in given.split(",") if size.strip().isdigit())
    if not sizes or list(sizes) != sorted(sizes) or len(sizes) != len(given.split(",")):
        raise click.BadParameter(f"{given}: numbers are needed, the smallest first.")
    return sizes


@click.command()
@click.option(
    "--rows", default=2_000_000, show_default=True, type=click.IntRange(min=100),
    help="Rows of each format (CloudTrail has a twentieth), and requests of scale.",
)  # fmt: skip
@click.option(
    "--formats", default=",".join(FORMATS), show_default=True, callback=_formats,
    help="Formats of landing, commas between.",
)  # fmt: skip
@click.option(
    "--files", default=8, show_default=True, type=click.IntRange(min=1),
    help="Files of each format.",
)  # fmt: skip
@click.option(
    "--repeat", default=3, show_default=True, type=click.IntRange(min=1),
    help="Rounds that medians are taken of.",
)  # fmt: skip
@click.option(
    "--only", multiple=True, type=click.Choice(BENCHMARKS),
    help=f"Run these benchmarks; without it {', '.join(BY_DEFAULT)}.",
)  # fmt: skip
@click.option(
    "--gigabytes", default=20.0, show_default=True, type=click.FloatRange(min=0.001),
    help="Text that --only memory lands; it needs up to three times as much disk.",
)  # fmt: skip
@click.option(
    "--sizes", callback=_sizes,
    help="Requests that --only engines (without it 1000000,10000000) and --only scale (without it "
    "--rows) build from, commas between.",
)  # fmt: skip
@click.option(
    "--parts", default=",".join(scale.PARTS), show_default=True, callback=_parts,
    help="What --only scale measures besides the three facts, commas between.",
)  # fmt: skip
@click.option(
    "--days", default=0, show_default=True, type=click.IntRange(min=0, max=60),
    help="Increments of a day that --only scale makes, one after the other.",
)  # fmt: skip
@click.option(
    "--core-rows", default=0, show_default=True, type=click.IntRange(min=0),
    help="Rows of the core aggregate alone, in 2 GB, after --only scale; 0 is none.",
)  # fmt: skip
@click.option(
    "--write", is_flag=True,
    help="Write what --only scale found into docs/benchmarks.md.",
)  # fmt: skip
@click.option(
    "--developers", default=1_000_000, show_default=True, type=click.IntRange(min=100),
    help="Developers whose curves --only survival draws.",
)  # fmt: skip
@click.option(
    "--token-weeks", default=1_000_000, show_default=True, type=click.IntRange(min=1_000),
    help="Active tokens, summed over weeks, whose changes --only drivers takes apart.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False),
    help="Scratch folder that is kept, its files used again; without it a temporary one.",
)  # fmt: skip
@click.option(
    "--json", "results", type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the figures, the settings and the machine's facts to this file.",
)  # fmt: skip
def cli(
    rows: int,
    formats: tuple[str, ...],
    files: int,
    repeat: int,
    only: tuple[str, ...],
    gigabytes: float,
    sizes: tuple[int, ...],
    parts: tuple[str, ...],
    days: int,
    core_rows: int,
    write: bool,
    developers: int,
    token_weeks: int,
    folder: Path | None,
    results: Path | None,
) -> None:
    """Measure North Star against DuckDB, and on Spark, on rows that are the same each time."""
    found: dict[str, Any] = {"machine": machine()}
    try:
        with _scratch(folder) as scratch:
            for name in only or BY_DEFAULT:
                if name == "landing":
                    found[name] = landing.run(
                        scratch, rows=rows, formats=formats, files=files, repeat=repeat,
                        keep=folder is not None, progress=_progress,
                    )  # fmt: skip
                    click.echo(landing.show(found[name]))
                elif name == "engines":
                    found[name] = engines.run(
                        scratch, sizes=sizes or (1_000_000, 10_000_000), progress=_progress
                    )
                    click.echo(engines.show(found[name]))
                elif name == "scale":
                    few, most = SCALE_BY_DEFAULT
                    found[name] = scale.run(
                        scratch,
                        sizes=sizes or (rows if only else min(rows, most),),
                        parts=parts if only else few,
                        repeat=repeat,
                        daily=days,
                        progress=_progress,
                    )
                    click.echo(scale.show(found[name]))
                    if core_rows:
                        found["core"] = core.run(
                            scratch, rows=core_rows, repeat=repeat, progress=_progress
                        )
                        click.echo(core.show(found["core"]))
                elif name == "survival":
                    found[name] = survival.run(scratch, developers=developers, progress=_progress)
                    click.echo(survival.show(found[name]))
                elif name == "drivers":
                    found[name] = drivers.run(scratch, token_weeks=token_weeks, progress=_progress)
                    click.echo(drivers.show(found[name]))
                else:
                    found[name] = memory.run(scratch, gigabytes=gigabytes, progress=_progress)
                    click.echo(memory.show(found[name]))
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    click.echo(_machine(found["machine"]))
    if write and "scale" in found:
        report.write(found, sys.argv[1:])
    if results:
        results.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if found.get("memory", {}).get("lost"):
        raise SystemExit(1)


@contextmanager
def _scratch(folder: Path | None) -> Iterator[Path]:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="north-star-bench-") as temporary:
        yield Path(temporary)


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _machine(facts: dict[str, Any]) -> str:
    commit = (facts["git_commit"] or "unknown")[:12]
    return (
        f"\n{facts['cores']} cores ({facts['processor']}), "
        f"{facts['memory_bytes'] / 1e9:.0f} GB, load {facts['load_average'][0]:.1f} at the start; "
        f"DuckDB {facts['duckdb']}, Python {facts['python']}, commit {commit}"
        f"{'' if facts['git_is_clean'] else ' and changes'}"
    )


if __name__ == "__main__":
    cli(prog_name="python -m bench")
