"""Ask for metrics by their names, as ``make mf QUERY="--metrics new_sign_ups"`` does.

The options are those of `mf query`. That command looks on the internet for a newer version of
itself each time it is called, and has no switch for it; this one asks the same engine and nobody
else.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from orchestration.settings import DataFolder, SettingsError
from tools.semantic_layer import Answer, Question, SemanticLayer, SemanticLayerError


def _words(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


@click.command()
@click.option("--metrics", default="", callback=_words, help="Their names, with commas between.")
@click.option(
    "--group-by", default="", callback=_words, help="Such as metric_time,token_week__channel."
)
@click.option(
    "--where",
    multiple=True,
    help="A condition, such as \"{{ Dimension('token_week__channel') }} = 'Direct'\".",
)
@click.option(
    "--order", default="", callback=_words, help="Columns to sort by; -name: greatest first."
)
@click.option("--limit", type=click.IntRange(min=1), help="Rows at most.")
@click.option("--saved-query", help="A question of models/semantic/saved_queries.yml.")
@click.option("--explain", is_flag=True, help="Show the SQL instead of asking it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--list", "is_list", is_flag=True, help="List metrics, or what --metrics go by.")
def main(
    metrics: tuple[str, ...],
    group_by: tuple[str, ...],
    where: tuple[str, ...],
    order: tuple[str, ...],
    limit: int | None,
    saved_query: str | None,
    explain: bool,
    as_csv: bool,
    is_list: bool,
) -> None:
    """Ask what is published for metrics."""
    question = Question(metrics, group_by, where, order, limit, saved_query)
    try:
        layer = SemanticLayer.of_publication(DataFolder.from_environment())
        if is_list:
            click.echo("\n".join(layer.dimensions(*metrics) if metrics else _listed(layer)))
        elif not (metrics or saved_query):
            raise click.UsageError("Name --metrics or a --saved-query; --list lists the metrics.")
        elif explain:
            click.echo(layer.sql(question))
        elif as_csv:
            answer = layer.ask(question)
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows([_shown(value, "") for value in row] for row in answer.rows)
        else:
            click.echo("\n".join(_lines(layer.ask(question))))
    except (SemanticLayerError, SettingsError) as error:
        raise click.ClickException(str(error)) from error


def _listed(layer: SemanticLayer) -> list[str]:
    width = max(map(len, layer.metrics))
    return [f"{name:{width}}  {metric['label']}" for name, metric in layer.metrics.items()]


def _lines(answer: Answer) -> Iterable[str]:
    """The answer as a table, numbers to the right."""
    cells = [[_shown(value, "-") for value in row] for row in answer.rows]
    widths = [
        max([len(name), *(len(row[place]) for row in cells)])
        for place, name in enumerate(answer.columns)
    ]
    is_number = [
        all(isinstance(row[place], int | float | None) for row in answer.rows)
        for place in range(len(answer.columns))
    ]

    def line(row: Sequence[str]) -> str:
        parts = zip(row, widths, is_number, strict=True)
        return "  ".join(
            f"{cell:>{width}}" if right else f"{cell:{width}}" for cell, width, right in parts
        ).rstrip()

    yield line(answer.columns)
    yield from map(line, cells)


def _shown(value: Any, nothing: str) -> str:
    if value is None:
        return nothing
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
