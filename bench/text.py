"""Figures as aligned plain text."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measure import Spread


def table(header: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """Columns under a header: the first ``words`` to the left, as words, the others to the right,
    as figures.
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def spread(values: Spread, digits: int = 2) -> str:
    """``median (lowest-highest)``."""
    return f"{values.median:.{digits}f} ({values.minimum:.{digits}f}-{values.maximum:.{digits}f})"


def megabytes(count: float) -> str:
    """Bytes as MB (10^6 bytes)."""
    return f"{count / 1e6:,.1f}" if count < 10e6 else f"{count / 1e6:,.0f}"
