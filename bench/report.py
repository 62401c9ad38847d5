"""docs/benchmarks.md: the figures of one run, with the machine and the command that gave them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from bench import core, scale
from orchestration.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by --write: begin -->", "<!-- end -->"


def write(found: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Puts the figures between the marks of the document.

    Args:
        found: as ``python -m bench --json`` writes it, of the benchmark scale.
        arguments: of the command line.
    """
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    shown = [scale.show(found["scale"])]
    if "core" in found:
        shown.append(core.show(found["core"]))
    facts = found["machine"]
    written = "\n".join(
        [
            BEGIN,
            "",
            "```console",
            f"$ .venv/bin/python -m bench {shlex.join(arguments)}",
            "```",
            "",
            f"{facts['measured_at'][:10]}: {facts['cores']} cores ({facts['processor']}), "
            f"{facts['memory_bytes'] / 1e9:.0f} GB of memory, load {facts['load_average'][0]:.1f} "
            f"at the start, DuckDB {facts['duckdb']}, Python {facts['python']}.",
            "",
            "```text",
            "\n".join(shown).strip(),
            "```",
            "",
            END,
        ]
    )
    DOCUMENT.write_text(before + written + after, encoding="utf-8")
