"""What dbt makes of the project for a warehouse that is not there.

dbt holds one adapter a process, so each dialect is compiled in a process of its own.

    python -m tests.dialects.compiling <dialect> <file>     names in the file, answers into it
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# These make the SQL call every macro of cross_db; with the defaults it calls fewer.
VARS = {
    "reporting_timezone": "Europe/Berlin",
    "week_start_day": "sunday",
    "crm_sources": ["crm", "hubspot", "salesforce"],
}


@dataclass(frozen=True)
class Compiled:
    """The project in one dialect.

    Attributes:
        queries: the SQL of each model and data test that compiles.
        missing_macros: per model that does not, the macro that the dialect lacks.
        types: per seed and model with a contract, the types that its table is made with.
    """

    queries: dict[str, str]
    missing_macros: dict[str, str]
    types: dict[str, list[str]]


def compile_for(dialect: str, expected_to_fail: Collection[str] = ()) -> Compiled:
    """Compiles all models and data tests without a connection.

    Args:
        dialect: a target of profiles.yml.
        expected_to_fail: models that are tried on their own, because dbt stops at the first that
            does not compile. One that is not among them is found as well, only later.
    """
    with tempfile.TemporaryDirectory() as place:
        exchanged = Path(place, "compiled.json")
        exchanged.write_text(json.dumps(sorted(expected_to_fail)))
        done = subprocess.run(
            [sys.executable, "-m", "tests.dialects.compiling", dialect, exchanged],
            cwd=PROJECT,
            env={
                **os.environ,
                "DBT_TARGET_PATH": str(Path(place, "target")),
                "DBT_LOG_PATH": str(Path(place, "logs")),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return Compiled(**json.loads(exchanged.read_text()))


# -- In the process of its own ---------------------------------------------------------------------

_MISSING = re.compile(r"Compilation Error in model (\w+).*?The macro (\w+) is not supported", re.S)


class _Compiler:
    def __init__(self, dialect: str) -> None:
        from dbt.cli.main import dbtRunner

        self._target = ["--profiles-dir", str(Path(__file__).parent), "--target", dialect]
        self._target += ["--vars", json.dumps(VARS)]
        parsed = dbtRunner().invoke(["--quiet", "parse", *self._target])
        if not parsed.success:
            raise SystemExit(f"dbt cannot read the project for {dialect}: {parsed.exception}")
        self.manifest = parsed.result
        self._dbt = dbtRunner(manifest=parsed.result)
        self.queries: dict[str, str] = {}
        self.missing_macros: dict[str, str] = {}

    def compile(self, *selection: str) -> None:
        """Compiles a selection, and again without each model whose macro is missing."""
        while True:
            done = self._dbt.invoke(
                [
                    *("--quiet", "--no-write-json", "--no-populate-cache"),
                    *("compile", "--no-introspect", *self._target, "--select", *selection),
                    *("--exclude", "resource_type:unit_test", *self.missing_macros),
                ]
            )
            if done.success:
                nodes = [result.node for result in done.result.results]
                self.queries |= {node.name: node.compiled_code for node in nodes}
                return
            missing = _MISSING.search(str(done.exception))
            if not missing:
                raise SystemExit(f"dbt cannot compile: {done.exception}")
            self.missing_macros[missing[1]] = missing[2]
            if missing[1] in selection:
                return

    def types(self) -> dict[str, list[str]]:
        """What tables are made with: dbt translates types of contracts, but not of seeds."""
        from dbt.adapters.factory import FACTORY

        (adapter,) = FACTORY.adapters.values()
        types: dict[str, Iterable[str]] = {}
        for node in self.manifest.nodes.values():
            if node.resource_type == "seed":
                types[node.name] = node.config.column_types.values()
            elif node.resource_type == "model" and node.contract.enforced:
                named = [column.data_type for column in node.columns.values()]
                types[node.name] = map(adapter.Column.translate_type, named)
        return {name: sorted({each.lower() for each in found}) for name, found in types.items()}


def _answer(dialect: str, expected_to_fail: Collection[str]) -> dict[str, Any]:
    compiler = _Compiler(dialect)
    for name in expected_to_fail:
        compiler.compile(name)
    compiler.compile("resource_type:model")
    failed, compiler.missing_macros = compiler.missing_macros, {}
    compiler.compile("resource_type:test")
    return {
        "queries": compiler.queries,
        "missing_macros": failed | compiler.missing_macros,
        "types": compiler.types(),
    }


if __name__ == "__main__":
    exchanged = Path(sys.argv[2])
    answer = _answer(sys.argv[1], json.loads(exchanged.read_text()))
    exchanged.write_text(json.dumps(answer))
