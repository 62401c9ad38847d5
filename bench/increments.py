"""What a new week costs: new rows onto a warehouse that is built, beside building all of it.

Two new weeks, some of their rows late, onto two years and onto two months; then a day at a time.
The rows of the request-grain model have to be those of a full build.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.builds import ALL_MODELS, REQUEST_GRAIN, Warehouse
from bench.measure import BenchError
from bench.requests import DAYS, Program
from bench.text import table

_DATABASES = shutil.ignore_patterns("dev", "target")
GRAIN = "intermediate.int_token_days"
HISTORIES = {"two years": 0, "two months": DAYS - 63}
NEW_DAYS = 14
GOALS = {"two new weeks / full build": 0.04, "request grain": 1.1, "whole": 1.5, "file": 1.1}


def run(
    scratch: Path,
    program: Program,
    empty: Warehouse,
    daily: int,
    full: Mapping[str, float],
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Adds rows to a program that is built and to one with a shorter history.

    Args:
        scratch: folder for the shorter program.
        program: with its warehouse built; a copy of it gets the new rows.
        empty: a warehouse over an empty raw/.
        daily: increments of a day after that.
        full: CPU seconds of a full build, start-up excluded.
        progress: is told what is being done.

    Returns:
        The figures, see ``show``.

    Raises:
        BenchError: a build failed, or the rows of an increment are not those of a full build.
    """
    found: dict[str, Any] = {"full": dict(full), "histories": {}, "daily": None}
    for name, first_day in HISTORIES.items():
        progress(f"{program.rows:,}: two new weeks onto {name} ...")
        data = scratch / f"{program.data.name}-{first_day}-grown"
        shutil.rmtree(data, ignore_errors=True)
        if first_day == 0:
            shutil.copytree(
                program.data, data, symlinks=True, copy_function=_link, ignore=_DATABASES
            )
        grown = Program(data, program.rows)
        grown.provide(first_day)
        warehouse = Warehouse(data)
        warehouse.seed()
        warehouse.measure(ALL_MODELS)
        found["histories"][name] = _two_weeks(grown, warehouse)
        if daily and first_day == 0:
            found["daily"] = _by_day(grown, warehouse, daily, progress)
        shutil.rmtree(data)
    return found


def _link(source: str, target: str) -> None:
    """Rows are shared with the program that was measured, databases are not."""
    if source.endswith(".parquet"):
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)


def _two_weeks(program: Program, warehouse: Warehouse) -> dict[str, float]:
    """CPU seconds of the increment beyond those of a run with nothing new."""
    warehouse.keep("built")
    nothing = {
        name: warehouse.measure(command, "built").cpu_seconds
        for name, command in (("grain", REQUEST_GRAIN), ("whole", ALL_MODELS))
    }
    program.add(NEW_DAYS)
    grain = warehouse.measure(REQUEST_GRAIN, "built").cpu_seconds
    whole = warehouse.measure(ALL_MODELS, "built").cpu_seconds
    warehouse.keep("increment")
    warehouse.measure((*REQUEST_GRAIN, "--full-refresh"))
    different = warehouse.differs(GRAIN, "increment")
    if different:
        raise BenchError(
            f"int_token_days differs between an increment and a full build in {different:,} rows."
        )
    warehouse.restore("increment")
    return {
        "grain": grain - nothing["grain"],
        "grain of nothing new": nothing["grain"],
        "whole": whole,
        "whole of nothing new": nothing["whole"],
    }


def _by_day(
    program: Program, warehouse: Warehouse, days: int, progress: Callable[[str], None]
) -> dict[str, float]:
    before = warehouse.file.stat().st_size
    cpu = 0.0
    for number in range(days):
        program.add(1)
        cpu += warehouse.measure(ALL_MODELS).cpu_seconds
        progress(f"{program.rows:,}: day {number + 1} of {days}")
    return {
        "days": days,
        "cpu_seconds": cpu / days,
        "bytes_before": before,
        "bytes_after": warehouse.file.stat().st_size,
    }


def show(found: Mapping[str, Any]) -> str:
    """The figures of ``run`` as text."""
    years, months = (found["histories"][name] for name in HISTORIES)
    start_up = years["whole of nothing new"]
    rows = [
        (
            f"two new weeks onto {name}",
            f"{history['grain']:.2f}",
            f"{history['grain of nothing new']:.1f}",
            f"{history['whole']:.1f}",
            f"{history['whole of nothing new']:.1f}",
        )
        for name, history in found["histories"].items()
    ]
    full = found["full"]["marts"]
    lines = [
        table(
            ("CPU seconds", "request grain", "of nothing new", "all models", "of nothing new"), rows
        ),
        "",
        f"The request grain of two new weeks: {years['grain'] / full:.1%} of a full build of all "
        f"models ({full:.1f} CPU s, start-up excluded), {_ratio(years['grain'], months['grain'])} "
        "times what it costs onto two months (goals at 200 M: 4 % with all models, 1.1).",
        f"All models: {_ratio(years['whole'], months['whole'])} times what they cost onto two "
        f"months (goal 1.5); {years['whole'] - start_up:.1f} CPU s beyond a run of nothing new. "
        "int_token_days has the rows of a full build.",
    ]
    if found["daily"]:
        daily = found["daily"]
        lines.append(
            f"{daily['days']} increments of a day: {daily['cpu_seconds']:.1f} CPU s each, the file "
            f"{daily['bytes_before'] / 1e6:,.0f} to {daily['bytes_after'] / 1e6:,.0f} MB "
            f"({daily['bytes_after'] / daily['bytes_before']:.2f}, goal 1.1)."
        )
    return "\n".join(lines)


def _ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}" if below > 0.05 else "(too little to tell)"
