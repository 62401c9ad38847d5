"""Which worlds are looked at, and what is told of two results that differ."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.properties.reference import Marts

RANDOM_VARIANTS = ("defaults", "california", "new_zealand")
NUMBER_OF_WORLDS = 67
MOST_ROWS_SHOWN = 4


def seeds() -> list[int]:
    """The seeds of the worlds of each variant: all, or the one that NORTH_STAR_WORLD_SEED names."""
    named = os.environ.get("NORTH_STAR_WORLD_SEED")
    return [int(named)] if named else list(range(NUMBER_OF_WORLDS))


def differences(expected: Marts, found: Marts) -> list[str]:
    """What is missing and what is too much, in words; only columns that are expected are compared.

    Args:
        expected: rows of each mart.
        found: rows of at least these marts.
    """
    told = []
    for name, rows in expected.items():
        columns = list(next(iter([*rows, *found[name]]), ()))
        wanted, got = (
            Counter(tuple(row[column] for column in columns) for row in some)
            for some in (rows, found[name])
        )
        for word, surplus in (("missing", wanted - got), ("too much", got - wanted)):
            if surplus:
                told.append(f"{name}: {surplus.total()} rows {word}, of {', '.join(columns)}:")
                told += _shown(surplus.elements())
    return told


def _shown(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    ordered = sorted(rows, key=lambda row: [(value is not None, str(value)) for value in row])
    return [f"  {', '.join(map(str, row))}" for row in ordered[:MOST_ROWS_SHOWN]]


def message(seed: int, variant: str, told: Iterable[str]) -> str:
    """What a failed test says: which world, how to run it again, and what differs."""
    again = f"NORTH_STAR_WORLD_SEED={seed} .venv/bin/pytest tests/properties -k {variant}"
    return "\n".join([f"World {seed} of {variant} ({again}):", *told])
